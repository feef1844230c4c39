"""Workloads, named after the generators they come from."""

import dataclasses
from typing import Literal

from jgan.models import biggan, dcgan
from jgan.training import PRESETS, Config


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sampling:
    """A batch of images from a generator with random weights.

    Weights do not change the speed, so none are fetched.
    """

    name: str
    family: Literal["biggan", "dcgan"]
    config: biggan.Config | dcgan.Config
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
            name="eyes",
            family="dcgan",
            config=dcgan.Config(
                latent_dim=100, units=(1024, 512, 256, 128, 64), num_classes=8
            ),
            batch_size=16,
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
