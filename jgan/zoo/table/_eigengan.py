"""EigenGANs: jgan's own, and those of their authors."""

from jgan.zoo.table._entry import Entry

ENTRIES = (
    Entry(
        name="eigen64",
        family="eigengan",
        resolution=64,
        source="jgan",
        license="MIT",
        note=(
            "Landscapes of the scenes world without asking for a kind, four layers of "
            "six dimensions. Trained by `jgan train eigen64`."
        ),
        shipped=True,
    ),
    *(
        Entry(
            name=f"eigengan-{subject.lower()}-256",
            family="eigengan",
            resolution=256,
            source="LynnHo/EigenGAN-Tensorflow (GitHub), He, Kan & Shan (2021)",
            license="MIT",
            note=note,
            location=(
                "the README of github.com/LynnHo/EigenGAN-Tensorflow, section Using "
                f"Trained Weights ({subject}.zip; of its files the checkpoint's, "
                "ending in .index)"
            ),
        )
        for subject, note in (
            ("CelebA", "Faces of CelebA, six layers of six dimensions."),
            ("Anime", "Drawn portraits, six layers of six dimensions."),
        )
    ),
)
