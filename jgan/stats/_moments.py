"""First and second moments of every unit, gathered batch by batch.

The accumulator is a commutative monoid: `zero_moments` is its neutral element and
`merge_moments` its product. Streaming, sharding over devices and resuming from disk are
therefore the same operation. Activations after a ReLU sit far from zero, where
``E[x^2] - E[x]^2`` would lose every significant digit in float32: sums are `_exact`.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._exact import ExactSum, exact_count, exact_sum, split, zero_sum

# What sums round, of the mean square. A low piece is at most 2^-8 of a constant, its
# square is rounded by 2^-24, and sums over a group one by one by up to 32 times that:
# 2^-35. Merging rounds 2^-48 each time, which leaves room for 2^13 batches.
_ROUNDED = 2.0**-34
# The same where squares leave float32: a few times the smallest normal number.
_FLUSHED = 2.0**-122


class UnitMoments(NamedTuple):
    """Sufficient statistics for the mean and the variance of each unit.

    Attributes:
        num_samples: Samples seen per unit.
        total: Sum of each unit.
        squares: Sum of the squares of each unit.
    """

    num_samples: Int[Array, ""]
    total: ExactSum
    squares: ExactSum

    @property
    def mean(self) -> Float[np.ndarray, " unit"]:
        """Mean of each unit in float64, 0 where nothing was seen."""
        return self.total.value() / np.maximum(self.num_samples, 1)

    @property
    def variance(self) -> Float[np.ndarray, " unit"]:
        """Population variance of each unit in float64, 0 where nothing was seen.

        It is 0, too, where it is below 2^-34 of the mean square, which is what sums may
        have rounded: nothing tells such a unit from a constant one.
        """
        squares = self.squares.value() / np.maximum(self.num_samples, 1)
        variance = squares - self.mean**2
        return np.where(variance <= _ROUNDED * squares + _FLUSHED, 0.0, variance)


def zero_moments(num_units: int) -> UnitMoments:
    """Returns the moments of no samples at all."""
    return UnitMoments(
        jnp.zeros((), jnp.int32), zero_sum(num_units), zero_sum(num_units)
    )


def moments_of(
    samples: Float[Array, "image sample unit"], weights: Float[Array, " image"]
) -> UnitMoments:
    """Returns the moments of one batch, in float32.

    Args:
        samples: What was seen of each unit, of any float dtype. Squares below 1e-38 or
            above 3e38 leave float32.
        weights: 1 for an image that counts and 0 for one that pads the batch.
    """
    counts = weights > 0
    num_samples = counts.sum() * samples.shape[1]
    origin, high, low = pieces = split(samples.astype(jnp.float32), counts)
    squares = exact_sum(jnp.square(high).sum(axis=1))
    squares = squares.plus(exact_sum((2 * high * low).sum(axis=1)))
    squares = squares.plus(exact_sum(jnp.square(low).sum(axis=1)))
    # Back about zero, where sums of other batches are: d^2 + 2 o d + o^2.
    deviations, origins = pieces.sums(), exact_count(num_samples).times(origin)
    total = deviations.plus(origins)
    squares = squares.plus(total.plus(deviations).times(origin))
    return UnitMoments(num_samples, total, squares)


def merge_moments(a: UnitMoments, b: UnitMoments) -> UnitMoments:
    """Returns the moments of two disjoint sets of samples together.

    Associative and commutative: up to the rounding of 48 bits, exactly for what has as
    few bits as `_exact` says. It may be used with `jax.lax.scan`, with a tree
    reduction, or across devices.
    """
    return UnitMoments(
        a.num_samples + b.num_samples,
        a.total.plus(b.total),
        a.squares.plus(b.squares),
    )


def unit_std(moments: UnitMoments) -> Float[np.ndarray, " unit"]:
    """Returns the population standard deviation of each unit, in float64.

    Units that were never seen, or that are constant, get exactly zero; so do those that
    deviate by less than 8e-6 of their root mean square, see `UnitMoments.variance`.
    """
    return np.sqrt(moments.variance)
