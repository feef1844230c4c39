"""How the units of a layer vary together, pixel by pixel."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen
from jgan.stats._exact import (
    GROUP,
    ExactSum,
    exact_count,
    exact_sum,
    split,
    zero_sum,
)

# Numbers in the products of a few groups of pixels, which are made at a time: 4 MB.
_AT_A_TIME = 2**20


class UnitCovariance(NamedTuple):
    """Sufficient statistics for the mean and the covariance of units.

    Attributes:
        num_samples: Pixels seen.
        total: Sum of each unit.
        products: Sum over pixels of the product of two units.
    """

    num_samples: Int[Array, ""]
    total: ExactSum
    products: ExactSum

    def update(self, seen: Seen) -> "UnitCovariance":
        """Returns the statistic with one more batch, in float32."""
        units = seen.activation.shape[-1]
        images = seen.activation.astype(jnp.float32)
        pixels = images.reshape(len(images), -1, units)
        counts = seen.weights > 0
        num_samples = counts.sum() * pixels.shape[1]
        origin, high, low = pieces = split(pixels, counts)
        deviations, origins = pieces.sums(), exact_count(num_samples).times(origin)
        total = deviations.plus(origins)
        # Back about zero, where sums of other batches are.
        row = jax.tree.map(lambda x: x[None, :], total).times(origin[:, None])
        col = jax.tree.map(lambda x: x[:, None], deviations).times(origin[None, :])
        products = _products(high, low).plus(row).plus(col)
        return self.merge(UnitCovariance(num_samples, total, products))

    def merge(self, other: "UnitCovariance") -> "UnitCovariance":
        """Returns the statistic of two disjoint sets of pixels."""
        return UnitCovariance(
            self.num_samples + other.num_samples,
            self.total.plus(other.total),
            self.products.plus(other.products),
        )

    @property
    def mean(self) -> Float[np.ndarray, " unit"]:
        """Mean of each unit in float64, 0 where nothing was seen."""
        return self.total.value() / np.maximum(self.num_samples, 1)

    def covariance(self) -> Float[np.ndarray, "unit other_unit"]:
        """Returns the population covariance in float64, 0 where nothing was seen."""
        products = self.products.value() / np.maximum(self.num_samples, 1)
        return products - np.outer(self.mean, self.mean)


def zero_covariance(num_units: int) -> UnitCovariance:
    """Returns the covariance of no pixels at all."""
    return UnitCovariance(
        jnp.zeros((), jnp.int32), zero_sum(num_units), zero_sum(num_units, num_units)
    )


def _products(
    high: Float[Array, "group sample unit"], low: Float[Array, "group sample unit"]
) -> ExactSum:
    """Returns the sum over all samples of the products of ``high + low``."""
    groups, _, units = high.shape
    count = max(1, min(groups, _AT_A_TIME // units**2))
    padding = ((0, -groups % count), (0, 0), (0, 0))
    block = lambda x: jnp.pad(x, padding).reshape(-1, count, GROUP, units)

    def product(a: Array, b: Array) -> Array:
        # Anything less than the highest would round the low pieces to bfloat16.
        return jnp.einsum("gsu,gsv->guv", a, b, precision=jax.lax.Precision.HIGHEST)

    def add(total: ExactSum, pieces: tuple[Array, Array]) -> tuple[ExactSum, None]:
        high, low = pieces
        cross = product(high, low)
        for part in (product(high, high), cross, cross.mT, product(low, low)):
            total = total.plus(exact_sum(part))
        return total, None

    total, _ = jax.lax.scan(add, zero_sum(units, units), (block(high), block(low)))
    return total
