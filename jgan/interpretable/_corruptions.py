"""Whether an energy model tells what a generator makes from what is put together.

Kinds of corruption and their sizes are a jgan reconstruction: Li et al. (2022) let the
model say how realistic a map is, and do not say what it was checked with.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from jgan.gan import Gan
from jgan.interpretable._config import EnergyConfig
from jgan.interpretable._energy import Scale, energy
from jgan.interpretable._learned import Learned
from jgan.interpretable._partition import check_partition
from jgan.typing import Activation, Params

# In standard deviations of a unit, so that it has half of the unit's variance.
_NOISE = 2**-0.5


class EnergyGap(NamedTuple):
    """In which share of images the corrupted activation has the higher energy.

    1 of a model that tells them all apart, one half of one that knows nothing of it.

    Attributes:
        mixed: Half of the units, others in each image, are of another image.
        moved: Half of the units are moved by half of the columns, round the edge.
        noisy: Noise is added, as much as half of the units' variance.
    """

    mixed: float
    moved: float
    noisy: float


def energy_gap(
    gan: Gan,
    learned: Learned,
    *,
    num_images: int = 256,
    batch_size: int = 32,
    key: PRNGKeyArray,
) -> EnergyGap:
    """Returns how often an energy model tells corrupted activations from real ones.

    Args:
        gan: The generator as it was before training, whose activations the model has
            learned.
        learned: Of the training.
        num_images: How many, rounded up to whole batches.
        batch_size: Images at a time, two or more.
        key: Consumed whole. Another one than that of the training, others images.

    Raises:
        ValueError: If the generator has other units there, or `batch_size` is below 2.
    """
    check_partition(gan, learned.partition)
    if batch_size < 2:
        raise ValueError(
            f"batch_size is {batch_size}; another image is needed, so give at least 2."
        )
    keys = jax.random.split(key, -(-num_images // batch_size))
    layer = learned.partition.layer
    told = [
        _told(
            gan, learned.scale, learned.params, key, layer, batch_size, learned.energy
        )
        for key in keys
    ]
    return EnergyGap(*np.mean(told, axis=0).tolist())


@functools.partial(jax.jit, static_argnums=(4, 5, 6))
def _told(
    gan: Gan,
    scale: Scale,
    params: Params,
    key: PRNGKeyArray,
    layer: str,
    batch_size: int,
    config: EnergyConfig,
) -> Float[Array, " kind"]:
    """Returns the shares of one batch, in the order of `EnergyGap`."""
    latents_key, *keys = jax.random.split(key, 4)
    latents = gan.sample_latents(batch_size, key=latents_key)
    _, taps = gan.forward(gan.params, latents, None)
    real = scale.standardize(taps[layer])
    half_of = lambda key: _half_of_units(real, key)
    noise = _NOISE * jax.random.normal(keys[2], real.shape, real.dtype)
    corrupted = (
        jnp.where(half_of(keys[0]), jnp.roll(real, 1, axis=0), real),
        jnp.where(half_of(keys[1]), jnp.roll(real, real.shape[2] // 2, axis=2), real),
        real + noise,
    )
    usual = energy(config, params, real)
    return jnp.stack([(energy(config, params, c) > usual).mean() for c in corrupted])


def _half_of_units(
    real: Activation, key: PRNGKeyArray
) -> Bool[Array, "image 1 1 unit"]:
    drawn = jax.random.uniform(key, (len(real), real.shape[-1]))
    order = jnp.argsort(jnp.argsort(drawn, axis=1), axis=1)
    return (order < real.shape[-1] // 2)[:, None, None]
