"""An EigenGAN and a run of one, small enough to be tested: 16 pixels, 8 images."""

import functools

import jax

from jgan.convert.assemble import assemble
from jgan.eigengan import TrainConfig, initial_state
from jgan.models import eigen_discriminator, eigengan
from jgan.worlds import Batch, ScenesWorld

UNITS = (8, 6, 4)
CONFIG = TrainConfig(
    generator=eigengan.Config(units=UNITS, dims=(3, 2), noise_dim=5),
    discriminator=eigen_discriminator.Config(units=UNITS, hidden=6),
    batch_size=8,
)


def reals(key: int = 0) -> Batch:
    """Real images for one step."""
    return ScenesWorld(16).sample(CONFIG.batch_size, key=jax.random.key(key))


@functools.cache
def start():
    """The state before the first step."""
    return jax.jit(initial_state, static_argnums=0)(CONFIG)


@functools.cache
def untrained():
    """A `Gan` as it is before the first step."""
    return assemble("eigengan", CONFIG.generator, {"params": start().ema}, name="tiny")
