"""The runs that jgan knows by name."""

import dataclasses
from collections.abc import Callable
from typing import Any

from jgan.models import biggan, discriminators
from jgan.training.state import Config, Finish
from jgan.worlds import ScenesWorld, World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """A run: what to train, on what, for how long.

    Attributes:
        config: What to train; of BigGAN a `Config`.
        world: Makes the source of real images.
        num_steps: Steps that the shipped weights took.
    """

    config: Any
    world: Callable[[], World]
    num_steps: int


PRESETS = {
    # Class-conditional BigGAN of 1.2 M parameters, without attention: scenes are flat
    # shapes. The first 4,000 steps, at 32 pixels, took half as long as at 64 and ended
    # with every concept in its place.
    "scenes64": Preset(
        config=Config(
            generator=biggan.Config(
                resolution=64,
                width=12,
                latent_dim=80,
                num_classes=8,
                shared_dim=32,
                attention=(),
            ),
            discriminator=discriminators.Config(
                units=(48, 96, 192, 192), num_classes=8
            ),
            half_steps=4000,
            # Until here the generator's colors varied half as much as they should, and
            # the scores of all images swung by 1 from step to step. Found on the way:
            # what the shipped weights took is in their training.jsonl.
            finish=Finish(after=9500, discriminator_rate=1e-4, color_weight=25.0),
        ),
        world=ScenesWorld,
        num_steps=13_000,
    ),
}
