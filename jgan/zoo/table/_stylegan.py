"""StyleGANs of NVIDIA, as genforce converted them, and genforce's own."""

from jgan.zoo.table._entry import Entry

_SOURCE = "genforce/genforce (GitHub)"
# The default of its synthesize.py, there on the first 8 layers only.
_TRUNCATION = 0.7
# "StyleGAN Official" of MODEL_ZOO.md at commit 197feee.
_NVIDIA = (
    ("ffhq", 1024, "1024x1024", "FFHQ."),
    ("celebahq", 1024, "1024x1024", "CelebA-HQ."),
    ("bedroom", 256, "256x256", "LSUN, bedrooms."),
    ("cat", 256, "256x256", "LSUN, cats."),
    ("car", 512, "512x384", "LSUN, cars, between black bars of 64 rows."),
)
# "StyleGAN Ours", there too.
_GENFORCE = (
    ("ffhq", 512, "FFHQ."),
    ("ffhq", 256, "FFHQ."),
    ("celeba_partial", 256, "CelebA, faces not all in the middle."),
    ("livingroom", 256, "LSUN, living rooms."),
    ("diningroom", 256, "LSUN, dining rooms."),
    ("kitchen", 256, "LSUN, kitchens."),
    ("apartment", 256, "LSUN, four kinds of rooms."),
    ("church", 256, "LSUN, churches."),
    ("tower", 256, "LSUN, towers."),
    ("bridge", 256, "LSUN, bridges."),
    ("restaurant", 256, "LSUN, restaurants."),
    ("classroom", 256, "LSUN, classrooms."),
    ("conferenceroom", 256, "LSUN, conference rooms."),
)

ENTRIES = (
    *(
        Entry(
            name=f"stylegan-{subject}-{resolution}",
            family="stylegan",
            resolution=resolution,
            source=_SOURCE,
            license="CC BY-NC 4.0 (NVIDIA's networks)",
            note=f"{note} NVIDIA's network, converted.",
            truncation=_TRUNCATION,
            location=(
                "MODEL_ZOO.md of github.com/genforce/genforce, section StyleGAN "
                f"Official (link {subject}-{link})"
            ),
        )
        for subject, resolution, link, note in _NVIDIA
    ),
    *(
        Entry(
            name=f"stylegan-genforce-{subject.replace('_', '-')}-{resolution}",
            family="stylegan",
            resolution=resolution,
            source=_SOURCE,
            license="MIT (the repository; of the weights it says nothing)",
            note=note,
            truncation=_TRUNCATION,
            location=(
                "MODEL_ZOO.md of github.com/genforce/genforce, section StyleGAN Ours "
                f"(link {subject}-{resolution}x{resolution})"
            ),
        )
        for subject, resolution, note in _GENFORCE
    ),
)
