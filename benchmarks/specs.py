"""Workloads, named after the generators they come from."""

import dataclasses
from typing import Literal

from jgan.eigengan import PRESETS as EIGEN_PRESETS, TrainConfig
from jgan.models import biggan, biggan_deep, dcgan, progan, stylegan2
from jgan.training import PRESETS, Config


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sampling:
    """A batch of images from a generator with random weights.

    Weights do not change the speed, so none are fetched.
    """

    name: str
    family: Literal["biggan", "biggan-deep", "dcgan", "stylegan2"]
    config: biggan.Config | biggan_deep.Config | dcgan.Config | stylegan2.Config
    batch_size: int


SAMPLING = {
    spec.name: spec
    for spec in (
        Sampling(
            name="biggan128",
            family="biggan",
            config=biggan.Config(resolution=128, width=64),
            batch_size=8,
        ),
        Sampling(
            name="biggan-deep-128",
            family="biggan-deep",
            config=biggan_deep.Config(),
            batch_size=4,
        ),
        Sampling(
            name="eyes",
            family="dcgan",
            config=dcgan.Config(
                latent_dim=100, units=(1024, 512, 256, 128, 64), num_classes=8
            ),
            batch_size=16,
        ),
        Sampling(
            name="stylegan2-256",
            family="stylegan2",
            config=stylegan2.Config(),
            batch_size=4,
        ),
        Sampling(
            name="stylegan2-1024",
            family="stylegan2",
            config=stylegan2.Config(units=(512, 512, 512, 512, 512, 256, 128, 64, 32)),
            batch_size=1,
        ),
    )
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Awareness:
    """Channel awareness of all classes, from a generator with random weights."""

    name: str
    config: biggan.Config
    num_latents: int


AWARENESS = {
    spec.name: spec
    for spec in (
        Awareness(
            name="biggan256",
            config=biggan.Config(resolution=256, width=96, latent_dim=140),
            num_latents=16,
        ),
    )
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Training:
    """A step of adversarial training on images that are drawn beforehand."""

    name: str
    config: Config


# Grown: a step at full resolution, which is most of a run's time.
TRAINING = {
    name: Training(name=name, config=dataclasses.replace(preset.config, half_steps=0))
    for name, preset in PRESETS.items()
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class EigenTraining:
    """Steps of EigenGAN's training on images that are drawn beforehand."""

    name: str
    config: TrainConfig


# Kernels of stride 2 lie where PyTorch has them, so that both do the same.
EIGENGAN = {
    name: EigenTraining(
        name=name,
        config=dataclasses.replace(
            # The twin has neither classes nor colors, as the published code.
            preset.config.without_classes(),
            color_weight=0.0,
            growth=(),
            generator=dataclasses.replace(
                preset.config.generator, padding="pytorch", exact=False
            ),
            discriminator=dataclasses.replace(
                preset.config.discriminator, padding="pytorch"
            ),
        ),
    )
    for name, preset in EIGEN_PRESETS.items()
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dissection:
    """A batch of activations beside segmentations.

    Attributes:
        name: Of the workload.
        rows: Side of the maps, whose units are blobs with half a percent above the
            threshold.
        units: How many.
        resolution: Side of the segmentation.
        concepts: How many there are.
        shown: How many of them an image shows.
        batch_size: Images.
    """

    name: str
    rows: int
    units: int
    resolution: int
    concepts: int
    shown: int
    batch_size: int


DISSECTION = {
    spec.name: spec
    for spec in (
        Dissection(
            name="64px-64units-11concepts",
            rows=16,
            units=64,
            resolution=64,
            concepts=11,
            shown=8,
            batch_size=32,
        ),
        Dissection(
            name="256px-512units-11concepts",
            rows=16,
            units=512,
            resolution=256,
            concepts=11,
            shown=8,
            batch_size=8,
        ),
        Dissection(
            name="256px-512units-336concepts",
            rows=16,
            units=512,
            resolution=256,
            concepts=336,
            shown=10,
            batch_size=8,
        ),
    )
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Components:
    """Tensor components of a layer of a ProGAN whose weights are untrained.

    Attributes:
        name: Of the workload.
        task: A decomposition into modes, or a regression by Adam or in closed form.
        config: The published sizes as far as the layer, and next to nothing after it.
        layer: The second of its resolution, as the original has it.
        count: Images; of a regression by Adam, steps.
        implementations: Who does it.
        rounds: How often each has its turn.
    """

    name: str
    task: Literal["decompose", "adam", "closed-form"]
    config: progan.Config
    layer: str
    count: int
    implementations: tuple[str, ...] = ("jgan", "torch-original")
    rounds: int = 3


_TO_4X4 = progan.Config(units=(512, 1))
_TO_8X8 = progan.Config(units=(512, 512))
COMPONENTS = {
    spec.name: spec
    for spec in (
        Components(
            name="decompose-4x4",
            task="decompose",
            config=_TO_4X4,
            layer="layer2",
            count=10_000,
        ),
        Components(
            name="decompose-8x8",
            task="decompose",
            config=_TO_8X8,
            layer="layer4",
            count=10_000,
        ),
        Components(
            name="adam-4x4", task="adam", config=_TO_4X4, layer="layer2", count=100
        ),
        Components(
            name="adam-8x8", task="adam", config=_TO_8X8, layer="layer4", count=100
        ),
        Components(
            name="closed-form-4x4",
            task="closed-form",
            config=_TO_4X4,
            layer="layer2",
            count=6_000,
            implementations=("jgan", "jgan-adam-10000"),
            rounds=1,
        ),
        # The original would keep 3.3 GB of the first, 33 GB of the second.
        *(
            Components(
                name=f"decompose-4x4-{count}",
                task="decompose",
                config=_TO_4X4,
                layer="layer2",
                count=count,
                implementations=("jgan",),
                rounds=1,
            )
            for count in (100_000, 1_000_000)
        ),
    )
}
