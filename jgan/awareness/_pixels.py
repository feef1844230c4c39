"""Features of every pixel, from maps that are never enlarged.

The features of a pixel are all channels of all layers there, enlarged to the image: at
256 pixels 8,928 numbers each, 2.3 GB for one image of BigGAN. But enlarging is linear,
so what clustering asks of them costs no more than the maps: a dot product with a center
is enlarged instead of the channels, a mean over pixels weights the small maps, and a
squared norm takes the products of neighbors.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan.ops import enlarge

# A point of feature space: some numbers for each size of map.
Points = tuple[Float[Array, "point _unit"], ...]


class PixelFeatures(NamedTuple):
    """Features of the pixels of one image, one entry for each size of map.

    Attributes:
        maps: About the mean over pixels, which keeps digits of small distances.
        down: Weight of each row of the map in each row of the image.
        right: The same for columns.
        squares: Squared norm of the features of each pixel.
    """

    maps: tuple[Float[Array, "_row _col _unit"], ...]
    down: tuple[Float[Array, "row _row"], ...]
    right: tuple[Float[Array, "col _col"], ...]
    squares: Float[Array, "row col"]


def pixel_features(
    maps: Sequence[Float[Array, "_row _col _unit"]], *, side: int
) -> PixelFeatures:
    """Returns the features of the pixels of an image, in float32.

    Args:
        maps: Activations of one image, of any sizes.
        side: Of the image.
    """
    sizes = sorted({one.shape[:2] for one in maps})
    of_size = [
        jnp.concatenate([m.astype(jnp.float32) for m in maps if m.shape[:2] == size], 2)
        for size in sizes
    ]
    down = tuple(_weights(rows, side) for rows, _ in sizes)
    right = tuple(_weights(cols, side) for _, cols in sizes)
    centered = tuple(
        one - _einsum("r,c,rcu->u", d.mean(axis=0), r.mean(axis=0), one)[None, None]
        for one, d, r in zip(of_size, down, right, strict=True)
    )
    parts = map(_squares, centered, down, right)
    return PixelFeatures(centered, down, right, sum(parts, jnp.zeros((side, side))))


def dots(features: PixelFeatures, points: Points) -> Float[Array, "row col point"]:
    """Returns the dot product of the features of each pixel with each point."""
    total = jnp.zeros((*features.squares.shape, len(points[0])))
    for maps, down, right, point in zip(*features[:3], points, strict=True):
        small = _einsum("rcu,ku->rck", maps, point)
        # Of the size of the image, the weights are those of the identity.
        if small.shape[:2] != total.shape[:2]:
            small = _einsum("Cc,Rck->RCk", right, _einsum("Rr,rck->Rck", down, small))
        total = total + small
    return total


def sums(features: PixelFeatures, weights: Float[Array, "row col point"]) -> Points:
    """Returns the features summed over pixels, each with its weights."""
    points = []
    for maps, down, right in zip(*features[:3], strict=True):
        small = weights
        if maps.shape[:2] != weights.shape[:2]:
            small = _einsum("Rr,RCk->rCk", down, small)
            small = _einsum("Cc,rCk->rck", right, small)
        points.append(_einsum("rck,rcu->ku", small, maps))
    return tuple(points)


def norms(points: Points) -> Float[Array, " point"]:
    """Returns the squared norm of each point."""
    return sum((jnp.sum(jnp.square(p), axis=1) for p in points), jnp.zeros(()))


def _weights(size: int, side: int) -> Float[Array, "side size"]:
    return enlarge(jnp.eye(size)[:, None], side, 1)[:, 0]


def _einsum(subscripts: str, *operands: Array) -> Array:
    # In float32 also where matrix products default to fewer digits.
    return jnp.einsum(subscripts, *operands, precision=jax.lax.Precision.HIGHEST)


def _squares(
    maps: Float[Array, "_row _col unit"],
    down: Float[Array, "row _row"],
    right: Float[Array, "col _col"],
) -> Float[Array, "row col"]:
    """Returns the squared norm of enlarged features.

    A row of the image mixes one or two neighboring rows of the map, a column likewise:
    of the square of a sum of four, there are the squares, the products along rows and
    along columns, and those of both diagonals.
    """
    last = len(maps) - 1
    dot = lambda a, b: jnp.sum(a * b, axis=1)

    def of_row(row: Int[Array, ""]) -> tuple[Array, ...]:
        here, below = maps[row], maps[jnp.minimum(row + 1, last)]
        both = dot(here[:-1], below[1:]) + dot(here[1:], below[:-1])
        return dot(here, here), dot(here[:-1], here[1:]), dot(here, below), both

    # One row after the other: XLA would lay neighbors out, in five times the maps.
    own, beside, below, both = jax.lax.map(of_row, jnp.arange(len(maps)))
    mixed = lambda weights: 2 * weights[:, :-1] * weights[:, 1:]
    spread = lambda rows, small, cols: _einsum("Rr,rc,Cc->RC", rows, small, cols)
    return (
        spread(down**2, own, right**2)
        + spread(mixed(down), below[:-1], right**2)
        + spread(down**2, beside, mixed(right))
        + spread(mixed(down), both[:-1], mixed(right)) / 2
    )
