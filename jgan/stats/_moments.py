"""First and second moments of every unit, gathered batch by batch.

The accumulator is a commutative monoid: `zero_moments` is its neutral element and
`merge_moments` its product. Streaming, sharding over devices and resuming from disk are
therefore the same operation. Sums of squares are kept about the running mean
(Chan, Golub & LeVeque, 1983), because activations after a ReLU sit far from zero and
``E[x^2] - E[x]^2`` would lose every significant digit in float32.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class UnitMoments(NamedTuple):
    """Sufficient statistics for the mean and the variance of each unit.

    Attributes:
        num_samples: Samples seen per unit. A weight, not a tally: past 2**24 it is
            rounded like any float32.
        mean: Mean of each unit, 0 where nothing was seen.
        m2: Sum of squared deviations of each unit from `mean`.
    """

    num_samples: Float[Array, ""]
    mean: Float[Array, " unit"]
    m2: Float[Array, " unit"]


def zero_moments(num_units: int) -> UnitMoments:
    """Returns the moments of no samples at all."""
    zeros = jnp.zeros((num_units,), jnp.float32)
    return UnitMoments(num_samples=jnp.zeros((), jnp.float32), mean=zeros, m2=zeros)


def moments_of(
    samples: Float[Array, "image sample unit"], weights: Float[Array, " image"]
) -> UnitMoments:
    """Returns the moments of one batch, in float32.

    Args:
        samples: What was seen of each unit, of any float dtype.
        weights: 1 for an image that counts and 0 for one that pads the batch.
    """
    samples = samples.astype(jnp.float32)
    weights = weights.astype(jnp.float32)[:, None, None]
    num_samples = jnp.sum(weights) * samples.shape[1]
    mean = jnp.sum(weights * samples, axis=(0, 1)) / jnp.maximum(num_samples, 1.0)
    deviations = jnp.square(samples - mean[None, None, :])
    return UnitMoments(num_samples, mean, jnp.sum(weights * deviations, axis=(0, 1)))


def merge_moments(a: UnitMoments, b: UnitMoments) -> UnitMoments:
    """Returns the moments of two disjoint sets of samples together.

    Associative and commutative up to rounding, so it may be used with `jax.lax.scan`,
    with a tree reduction, or across devices.
    """
    xp = a.mean.__array_namespace__()
    total = a.num_samples + b.num_samples
    share = b.num_samples / xp.maximum(total, 1)  # 0 / 0 when both are empty.
    shift = b.mean - a.mean
    return UnitMoments(
        num_samples=xp.asarray(total),
        mean=a.mean + share * shift,
        m2=a.m2 + b.m2 + share * a.num_samples * xp.square(shift),
    )


def unit_std(moments: UnitMoments) -> Float[Array | np.ndarray, " unit"]:
    """Returns the population standard deviation of each unit.

    Units that were never seen, or that are constant, get exactly zero.
    """
    xp = moments.m2.__array_namespace__()
    variance = moments.m2 / xp.maximum(moments.num_samples, 1)
    return xp.sqrt(xp.maximum(variance, 0))
