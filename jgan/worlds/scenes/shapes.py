"""Shapes as coverage: how much of each pixel a shape covers, antialiased.

Coordinates run from 0 to 1, `x` to the right and `y` down, whatever the resolution. A
shape is a signed distance to its edge, positive inside; `cover` turns it into coverage
that falls from 1 to 0 over one pixel. Coverage of at least a half is the shape's mask.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

# A house is 2 to 3 pixels wide here. Below, most objects cover half of no pixel.
_MIN_RESOLUTION = 8

Coverage = Float[Array, "row col"]
Scalar = Float[Array, ""] | float


class Canvas(NamedTuple):
    """Where the centers of the pixels are.

    Attributes:
        x: Distance from the left edge.
        y: Distance from the top edge.
        pixel: Side of a pixel.
    """

    x: Float[Array, "1 col"]
    y: Float[Array, "row 1"]
    pixel: float


def canvas(resolution: int) -> Canvas:
    """Returns the pixels of a square image.

    Raises:
        ValueError: If `resolution` is below 8.
    """
    if resolution < _MIN_RESOLUTION:
        raise ValueError(
            f"resolution is {resolution}; scenes take {_MIN_RESOLUTION} pixels or more."
        )
    center = (jnp.arange(resolution, dtype=jnp.float32) + 0.5) / resolution
    return Canvas(center[None, :], center[:, None], 1 / resolution)


def cover(distance: Coverage, on: Canvas) -> Coverage:
    """Returns the coverage of a shape given its signed distance, positive inside."""
    return jnp.clip(distance / on.pixel + 0.5, 0.0, 1.0)


def below(on: Canvas, line: Scalar | Float[Array, "1 col"]) -> Coverage:
    """Returns the coverage of everything below a line, straight or one of ``x``."""
    return cover(on.y - line + 0 * on.x, on)


def disk(on: Canvas, x: Scalar, y: Scalar, radius: Scalar) -> Coverage:
    """Returns the coverage of a disk."""
    # The small number keeps the gradient finite at the very center.
    return cover(radius - jnp.sqrt((on.x - x) ** 2 + (on.y - y) ** 2 + 1e-12), on)


def box(
    on: Canvas, left: Scalar, top: Scalar, right: Scalar, bottom: Scalar
) -> Coverage:
    """Returns the coverage of a rectangle with sides along the axes."""
    across = jnp.minimum(on.x - left, right - on.x)
    return cover(jnp.minimum(across, jnp.minimum(on.y - top, bottom - on.y)), on)


def triangle(
    on: Canvas, x: Scalar, top: Scalar, bottom: Scalar, half_base: Scalar
) -> Coverage:
    """Returns the coverage of an isosceles triangle that stands on its base.

    Args:
        on: The pixels.
        x: Where the tip is.
        top: Height of the tip.
        bottom: Height of the base.
        half_base: Half the length of the base.
    """
    height = jnp.maximum(bottom - top, 1e-6)
    slant = jnp.sqrt(height**2 + half_base**2)
    side = ((on.y - top) * half_base - jnp.abs(on.x - x) * height) / slant
    return cover(jnp.minimum(side, bottom - on.y), on)
