"""What every analysis asks of a network that tells concepts apart."""

from typing import Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

from jgan.typing import Images


@runtime_checkable
class Segmenter(Protocol):
    """Tells what each pixel of an image shows.

    Images are in [-1, 1]. Both methods are pure and may be jitted; an image is read
    alone, whatever else is in its batch.
    """

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of what a pixel may show. A label is an index into them."""
        ...

    def segment(self, images: Images) -> Int[Array, "image row col"]:
        """Returns the concept of each pixel, int32: the one of the largest score."""
        ...

    def scores(self, images: Images) -> Float[Array, "image row col concept"]:
        """Returns the log-probability of each concept, differentiable in the images."""
        ...
