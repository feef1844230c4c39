"""A run small enough to be tested: 32 pixels, 8 images, three blocks."""

import jax
import numpy as np

from jgan.models import biggan, discriminators
from jgan.training import Config
from jgan.worlds import Batch, ScenesWorld

CONFIG = Config(
    generator=biggan.Config(
        resolution=32,
        width=4,
        latent_dim=16,
        num_classes=8,
        shared_dim=8,
        attention=(),
    ),
    discriminator=discriminators.Config(units=(8, 12, 16), num_classes=8),
    batch_size=8,
)


def reals(key: int = 0) -> Batch:
    """Real images for one step."""
    return ScenesWorld(32).sample(CONFIG.batch_size, key=jax.random.key(key))


def gradients(config: Config, before, after):
    """The gradients that Adam was given in the first step, from what it kept.

    Without a mean gradient the second moment holds the square, the step the sign.
    """

    def of(old, new, moment):
        size = np.sqrt(np.asarray(moment) / (1 - config.beta2))
        return -np.sign(np.asarray(new) - np.asarray(old)) * size

    generator = after.generator_optimizer[0].nu
    discriminator = after.discriminator_optimizer[0].nu
    return (
        jax.tree.map(of, before.generator, after.generator, generator),
        jax.tree.map(of, before.discriminator, after.discriminator, discriminator),
    )
