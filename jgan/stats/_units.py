"""What one number per unit can say: level, spread, how often it is on, its peak."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen
from jgan.stats._moments import UnitMoments, merge_moments, moments_of, zero_moments


class UnitStatistics(NamedTuple):
    """Statistics of each unit of one layer.

    Attributes:
        pixels: Moments over all pixels of all images.
        images: Moments over images of the mean over pixels. Their deviation tells how
            much a unit differs *between* images, wherever in the image it is.
        active: Pixels above 0.
        maximum: Highest activation, minus infinity where nothing was seen.
    """

    pixels: UnitMoments
    images: UnitMoments
    active: Int[Array, " unit"]
    maximum: Float[Array, " unit"]

    @property
    def active_fraction(self) -> Float[np.ndarray, " unit"]:
        """Share of pixels above 0, which is 0 where nothing was seen."""
        return np.asarray(self.active) / np.maximum(self.pixels.num_samples, 1)

    def update(self, seen: Seen) -> "UnitStatistics":
        """Returns the statistics with one more batch."""
        return self.merge(statistics_of(seen.activation, seen.weights))

    def merge(self, other: "UnitStatistics") -> "UnitStatistics":
        """Returns the statistics of two disjoint sets of images together.

        Associative and commutative up to rounding, counts and `maximum` exactly.
        """
        xp = self.maximum.__array_namespace__()
        return UnitStatistics(
            pixels=merge_moments(self.pixels, other.pixels),
            images=merge_moments(self.images, other.images),
            active=self.active + other.active,
            maximum=xp.maximum(self.maximum, other.maximum),
        )


def zero_statistics(num_units: int) -> UnitStatistics:
    """Returns the statistics of no images at all."""
    return UnitStatistics(
        pixels=zero_moments(num_units),
        images=zero_moments(num_units),
        active=jnp.zeros((num_units,), jnp.int32),
        maximum=jnp.full((num_units,), -jnp.inf, jnp.float32),
    )


def statistics_of(
    activation: Float[Array, "image row col unit"], weights: Float[Array, " image"]
) -> UnitStatistics:
    """Returns the statistics of one batch, in float32.

    Args:
        activation: Output of one layer, of any float dtype.
        weights: 1 for an image that counts and 0 for one that pads the batch.
    """
    num_images, _, _, num_units = activation.shape
    pixels = activation.astype(jnp.float32).reshape(num_images, -1, num_units)
    counts = weights[:, None, None] > 0
    return UnitStatistics(
        pixels=moments_of(pixels, weights),
        images=moments_of(jnp.mean(pixels, axis=1, keepdims=True), weights),
        active=((pixels > 0) & counts).sum(axis=(0, 1), dtype=jnp.int32),
        maximum=jnp.max(jnp.where(counts, pixels, -jnp.inf), axis=(0, 1)),
    )
