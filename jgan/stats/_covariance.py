"""How the units of a layer vary together, pixel by pixel."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.stats._accumulator import Seen


class UnitCovariance(NamedTuple):
    """Sufficient statistics for the mean and the covariance of units.

    Products are kept about the running mean, as in `UnitMoments`.

    Attributes:
        num_samples: Pixels seen. A weight, not a tally: past 2**24 a float32 rounds it.
        mean: Mean of each unit, 0 where nothing was seen.
        products: Sum over pixels of the product of the deviations of two units.
    """

    num_samples: Float[Array, ""]
    mean: Float[Array, " unit"]
    products: Float[Array, "unit other_unit"]

    def update(self, seen: Seen) -> "UnitCovariance":
        """Returns the statistic with one more batch, in float32."""
        units = seen.activation.shape[-1]
        images = seen.activation.astype(jnp.float32)
        pixels = images.reshape(len(images), -1, units)
        weights = seen.weights.astype(jnp.float32)[:, None, None]
        num_samples = weights.sum() * pixels.shape[1]
        # Image by image: a sum of fewer terms loses fewer digits.
        mean = (weights * pixels).mean(axis=1).sum(axis=0) * pixels.shape[1]
        mean = mean / jnp.maximum(num_samples, 1.0)
        deviations = pixels - mean[None, None, :]
        products = jnp.einsum("ipu,ipv->iuv", weights * deviations, deviations)
        return self.merge(UnitCovariance(num_samples, mean, products.sum(axis=0)))

    def merge(self, other: "UnitCovariance") -> "UnitCovariance":
        """Returns the statistic of two disjoint sets of pixels."""
        xp = self.mean.__array_namespace__()
        total = self.num_samples + other.num_samples
        share = other.num_samples / xp.maximum(total, 1)
        shift = other.mean - self.mean
        between = share * self.num_samples * shift[:, None] * shift[None, :]
        return UnitCovariance(
            xp.asarray(total),
            self.mean + share * shift,
            self.products + other.products + between,
        )

    def covariance(self) -> Float[Array | np.ndarray, "unit other_unit"]:
        """Returns the population covariance, 0 where nothing was seen."""
        xp = self.mean.__array_namespace__()
        return self.products / xp.maximum(self.num_samples, 1)


def zero_covariance(num_units: int) -> UnitCovariance:
    """Returns the covariance of no pixels at all."""
    return UnitCovariance(
        jnp.zeros((), jnp.float32),
        jnp.zeros((num_units,), jnp.float32),
        jnp.zeros((num_units, num_units), jnp.float32),
    )
