"""The EigenGANs that jgan trains by name."""

from jgan.eigengan._config import Change, TrainConfig
from jgan.models import eigen_discriminator, eigengan
from jgan.training import Preset
from jgan.worlds import ScenesWorld

PRESETS = {
    # Unconditional, so that the kind of landscape is for a dimension to find. Scenes
    # are not mirrored: the renderer draws both sides alike already. Without growth, at
    # a rate of 8e-4, the last two layers made everything by step 1,500, and the first
    # two a thousandth; at that rate growth did not help. So, each of the four made more
    # than 0.14 of what images differ by at step 2,500.
    "eigen64": Preset(
        config=TrainConfig(
            generator=eigengan.Config(
                # With as many as the discriminator has, a step takes a fifth less, but
                # images grew no better from step 13,000 to 17,500. Whether for want of
                # units is open.
                units=(192, 128, 80, 48, 32),
                dims=(6, 6, 6, 6),
                noise_dim=10,
            ),
            discriminator=eigen_discriminator.Config(
                units=(160, 112, 64, 32, 16), hidden=128
            ),
            batch_size=32,
            growth=(500, 1000, 1750),
            # Found on the way: with a penalty of 3.0 images stayed soft.
            changes=(
                Change(after=5_000, learning_rate=8e-4, penalty_weight=3.0),
                Change(after=6_000, learning_rate=4e-4, penalty_weight=0.5),
            ),
            learning_rate=2e-4,
            penalty_weight=3.0,
            color_weight=10.0,
            flip=False,
        ),
        world=ScenesWorld,
        num_steps=20_000,
    ),
}
