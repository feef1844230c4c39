"""StyleGAN2s of NVIDIA, of rosinality, and what genforce converted.

NVIDIA's first files, of github.com/NVlabs/stylegan2 and stylegan2-ada, are networks of
TensorFlow and not read, so not listed.
"""

from jgan.zoo.table._entry import Entry

_ADA = "NVlabs/stylegan2-ada-pytorch (GitHub)"
_NGC = "NVlabs/stylegan3 (GitHub)"
_LICENSE = "NVIDIA Source Code License (non-commercial)"
# Its generate.py has a psi of 1 as its default since "Truncation is now disabled by
# default", says the README of stylegan2-ada-pytorch at commit d72cc7d; so has
# gen_images.py of stylegan3. Hence no truncation in the entries.

# Of the table in that README, "Data repository".
_ADA_FILES = (
    ("ffhq", 1024, "FFHQ, trained by the original StyleGAN2, without ADA."),
    ("metfaces", 1024, "MetFaces, from a network of FFHQ."),
    ("afhqcat", 512, "AFHQ, cats."),
    ("afhqdog", 512, "AFHQ, dogs."),
    ("afhqwild", 512, "AFHQ, wild animals."),
    ("brecahad", 512, "BreCaHAD, breast tissue under the microscope."),
)
# "StyleGAN2 pre-trained models compatible with this codebase" in the README of
# stylegan3 at commit c233a91, without afhqcat, afhqdog, afhqwild, brecahad and cifar10,
# which the table above has.
_NGC_FILES = (
    ("ffhq", 1024, "FFHQ."),
    ("ffhq", 512, "FFHQ."),
    ("ffhq", 256, "FFHQ."),
    ("ffhqu", 1024, "FFHQ-U, faces that were not aligned."),
    ("ffhqu", 256, "FFHQ-U, faces that were not aligned."),
    ("metfaces", 1024, "MetFaces."),
    ("metfacesu", 1024, "MetFaces-U, faces that were not aligned."),
    ("afhqv2", 512, "AFHQ v2."),
    ("celebahq", 256, "CelebA-HQ."),
    ("lsundog", 256, "LSUN, dogs."),
)
# "StyleGAN2 Official" of MODEL_ZOO.md at commit 197feee; its own names and sizes of
# networks are in models/model_zoo.py.
_GENFORCE_FILES = (
    ("ffhq", 1024, "1024x1024", "FFHQ."),
    ("church", 256, "256x256", "LSUN, churches."),
    ("cat", 256, "256x256", "LSUN, cats."),
    ("horse", 256, "256x256", "LSUN, horses."),
    ("car", 512, "512x384", "LSUN, cars, between black bars of 64 rows."),
)

ENTRIES = (
    *(
        Entry(
            name=f"stylegan2-ada-{subject}-{resolution}",
            family="stylegan2",
            resolution=resolution,
            source=_ADA,
            license=_LICENSE,
            note=note,
            location=(
                "the README of github.com/NVlabs/stylegan2-ada-pytorch, section Data "
                f"repository (pretrained, {subject}.pkl)"
            ),
        )
        for subject, resolution, note in _ADA_FILES
    ),
    Entry(
        name="stylegan2-ada-cifar10-32",
        family="stylegan2",
        resolution=32,
        num_classes=10,
        # By label, as in the Python version of CIFAR-10, which it was trained on.
        class_names=(
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
        source=_ADA,
        license=_LICENSE,
        note="CIFAR-10, class-conditional.",
        location=(
            "the README of github.com/NVlabs/stylegan2-ada-pytorch, section Data "
            "repository (pretrained, cifar10.pkl)"
        ),
    ),
    *(
        Entry(
            name=f"stylegan2-{subject}-{resolution}",
            family="stylegan2",
            resolution=resolution,
            source=_NGC,
            license=_LICENSE,
            note=note,
            location=(
                "the README of github.com/NVlabs/stylegan3, section Additional "
                "material, StyleGAN2 pre-trained models "
                f"(stylegan2-{subject}-{resolution}x{resolution}.pkl)"
            ),
        )
        for subject, resolution, note in _NGC_FILES
    ),
    Entry(
        name="stylegan2-rosinality-ffhq-256",
        family="stylegan2",
        resolution=256,
        source="rosinality/stylegan2-pytorch (GitHub)",
        license="MIT (the repository; of the weights it says nothing)",
        # Its generate.py has a truncation of 1 as its default.
        note="FFHQ, trained anew for 550,000 steps.",
        location=(
            "the README of github.com/rosinality/stylegan2-pytorch, section Pretrained "
            "Checkpoints (550000.pt)"
        ),
    ),
    *(
        Entry(
            name=f"stylegan2-genforce-{subject}-{resolution}",
            family="stylegan2",
            resolution=resolution,
            source="genforce/genforce (GitHub)",
            # As the repository says that the networks are from, NVlabs/stylegan2.
            license="Nvidia Source Code License-NC (NVIDIA's networks)",
            note=f"{note} NVIDIA's network, converted.",
            # The default of its synthesize.py, there on the first 8 layers only.
            truncation=0.7,
            location=(
                "MODEL_ZOO.md of github.com/genforce/genforce, section StyleGAN2 "
                f"Official (link {subject}-{link})"
            ),
        )
        for subject, resolution, link, note in _GENFORCE_FILES
    ),
)
