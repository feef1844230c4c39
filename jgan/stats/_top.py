"""The images in which each unit is strongest."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen


class TopImages(NamedTuple):
    """The images of highest peak for each unit, strongest first.

    Attributes:
        peaks: Highest activation over the pixels of the image, minus infinity where
            there are fewer images than places.
        numbers: Of the image, -1 where there is none. Of equal peaks, the lower.
    """

    peaks: Float[Array, "unit place"]
    numbers: Int[Array, "unit place"]

    def update(self, seen: Seen) -> "TopImages":
        """Returns the top of one more batch and those before."""
        peaks = seen.activation.max(axis=(1, 2)).astype(jnp.float32)
        counts = (seen.weights > 0)[:, None]
        peaks = jnp.where(counts, peaks, -jnp.inf).T
        numbers = jnp.where(counts, seen.numbers[:, None], -1).T
        numbers = jnp.broadcast_to(numbers, peaks.shape)
        return self.merge(TopImages(peaks, numbers))

    def merge(self, other: "TopImages") -> "TopImages":
        """Returns the top of two disjoint sets of images."""
        xp = self.peaks.__array_namespace__()
        peaks = xp.concatenate([self.peaks, other.peaks], axis=1)
        numbers = xp.concatenate([self.numbers, other.numbers], axis=1)
        # The last key counts most.
        order = xp.lexsort((numbers, -peaks), axis=-1)[:, : self.peaks.shape[1]]
        take = lambda x: xp.take_along_axis(x, order, axis=1)
        return TopImages(take(peaks), take(numbers))


def zero_top(num_units: int, *, num_images: int) -> TopImages:
    """Returns room for the `num_images` strongest images of each unit, all empty."""
    shape = (num_units, num_images)
    return TopImages(
        jnp.full(shape, -jnp.inf, jnp.float32), jnp.full(shape, -1, jnp.int32)
    )
