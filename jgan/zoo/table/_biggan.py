"""BigGANs: jgan's own, and those of ImageNet."""

from jgan.zoo.table._entry import Entry

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
        name="scenes64-interpretable",
        family="biggan",
        resolution=64,
        num_classes=8,
        source="jgan",
        license="MIT",
        note=(
            "scenes64 retrained so that units of block1 stand for one concept each, by "
            "`jgan interpretable train scenes64`; its groups lie beside it."
        ),
        shipped=True,
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
                "sample with one."
            ),
            # In the example of its README.
            truncation=0.4,
            location=(
                "the addresses in pytorch_pretrained_biggan/model.py of "
                "github.com/huggingface/pytorch-pretrained-BigGAN (for "
                f"biggan-deep-{resolution}, the file ending in pytorch_model.bin, and "
                "beside it the one ending in config.json)"
            ),
        )
        for resolution in (128, 256, 512)
    ),
)
