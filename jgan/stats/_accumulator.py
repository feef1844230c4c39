"""What a statistic is: something that takes in batches, and can be merged."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from jgan.typing import Activation


class Seen(NamedTuple):
    """One batch of images, as a statistic of one layer sees it.

    Attributes:
        activation: Of the layer, of any float dtype.
        weights: 1 for an image that counts and 0 for one that pads the batch.
        numbers: Of the images, among all that are collected.
        labels: Concepts that each pixel of the image shows, -1 for none; None if
            nobody segments.
        latents: Of the images, as the generator's family has them.
        taps: All that the generator taps.
    """

    activation: Float[Array, "image row col unit"]
    weights: Float[Array, " image"]
    numbers: Int[Array, " image"]
    labels: Int[Array, "image label_row label_col slot"] | None = None
    latents: Any = None
    taps: Mapping[str, Activation] | None = None


@runtime_checkable
class Accumulator(Protocol):
    """A commutative monoid of batches, as a pytree of arrays.

    Its ``zero_…`` function gives the statistic of no images. `merge` must also work on
    arrays of NumPy, in which `collect` keeps the total in 64 bits. Both methods return
    an accumulator of the same kind.
    """

    def update(self, seen: Seen) -> Any:
        """Returns the statistic with one more batch."""
        ...

    def merge(self, other: Any) -> Any:
        """Returns the statistic of two disjoint sets of images together."""
        ...
