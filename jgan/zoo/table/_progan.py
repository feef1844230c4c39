"""ProGANs of Karras et al. (2018), as others converted them to PyTorch."""

from jgan.zoo.table._entry import Entry

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
