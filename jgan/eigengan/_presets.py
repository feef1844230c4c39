"""The EigenGANs that jgan trains by name."""

from jgan.eigengan._config import TrainConfig
from jgan.models import eigen_discriminator, eigengan
from jgan.training import Preset
from jgan.worlds import ScenesWorld

_UNITS = (160, 112, 64, 32, 16)

PRESETS = {
    # Unconditional, so that the kind of landscape is for a dimension to find. Scenes
    # are not mirrored: the renderer draws both sides alike already. Without growth, at
    # a rate of 8e-4, the last two layers made everything by step 1,500, and the first
    # two a thousandth; at that rate growth did not help. So, each of the four made more
    # than 0.14 of what images differ by at step 2,500.
    "eigen64": Preset(
        config=TrainConfig(
            generator=eigengan.Config(units=_UNITS, dims=(6, 6, 6, 6), noise_dim=10),
            discriminator=eigen_discriminator.Config(units=_UNITS, hidden=128),
            batch_size=32,
            growth=(500, 1000, 1750),
            learning_rate=2e-4,
            penalty_weight=3.0,
            color_weight=10.0,
            flip=False,
        ),
        world=ScenesWorld,
        num_steps=10_000,
    ),
}
