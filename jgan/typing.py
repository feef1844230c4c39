"""Names for what every room passes around: arrays, trees, and who reads images.

`Segmenter` is here and not in its room because statistics take one and may not know
about networks.
"""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int

Activation = Float[Array, "image *place unit"]
Images = Float[Array, "image row col 3"]
Params = Any


@runtime_checkable
class Segmenter(Protocol):
    """Tells what each pixel of an image shows: all that counting labels needs.

    `segment` is pure and may be jitted; an image is read alone, whatever else is in its
    batch. A segmenter is a pytree of arrays, or any hashable object.
    """

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of what a pixel may show. A label is an index into them."""
        ...

    def segment(self, images: Images) -> Int[Array, "image label_row label_col *slot"]:
        """Returns the concept of each pixel of images in [-1, 1], -1 for none.

        With slots, a pixel shows several concepts at once, as an object and a material.
        """
        ...


@runtime_checkable
class ScoringSegmenter(Segmenter, Protocol):
    """Also tells how likely each concept is, which a causal effect is measured by."""

    def scores(
        self, images: Images
    ) -> Float[Array, "image label_row label_col concept"]:
        """Returns the log-probability of each concept, differentiable in the images."""
        ...


@runtime_checkable
class AttributeReader(Protocol):
    """Measures what edits are to change in an image: colors, and what is where.

    An image is read alone, whatever else is in its batch.
    """

    @property
    def style(self) -> tuple[str, ...]:
        """Names of the attributes of color."""
        ...

    @property
    def geometry(self) -> tuple[str, ...]:
        """Names of the attributes of place, size and pose."""
        ...

    def read(self, images: Images) -> Float[Array, "image attribute"]:
        """Returns the attributes, style first, NaN where one cannot be read."""
        ...
