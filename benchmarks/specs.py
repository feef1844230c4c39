"""Workloads, named after the generators they come from."""

import dataclasses
from typing import Literal

from jgan.models import biggan, biggan_deep, dcgan, stylegan2
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
