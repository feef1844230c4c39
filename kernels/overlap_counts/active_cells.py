"""`overlap_counts` for a CPU: only where a map can be above its threshold.

Four neighboring pixels of a map are the corners of a cell. Inside, the enlarged map
lies between the lowest and the highest corner, so a cell without a corner above the
threshold is done. Thresholds leave about one cell in fifty, for which the pixels of the
enlarged map are computed and compared, a tile of cells at a time.

A cell shows few concepts. They are taken one by one, lowest first, and matches summed
over the pixels of the cell: one addition to the table for each concept of a cell
instead of one for each pixel, as scattered additions are the slow part.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from .reference import OverlapCounts

# Cells at a time. At a factor of 16, the pixels of 256 cells are 0.25 MB of float32,
# which stays in a second-level cache, and 512 are as fast. At a factor of 4, an image
# has about 200 hot cells: a tile twice as large is mostly empty, and 1.3 times slower.
_TILE = 256
# Of 16, 32 and 64 the fastest.
_BLOCK = 64


class Axis(NamedTuple):
    """Where the pixels of the enlarged map lie between the pixels of the map.

    Attributes:
        pixels: Of each cell, its pixels, filled up with -1.
        fractions: How far each is from the first corner to the second.
    """

    pixels: Int[np.ndarray, "cell pixel"]
    fractions: Float[np.ndarray, "cell pixel"]


def axis_of(size: int, label_size: int) -> Axis:
    """Returns the cells along one axis of a map of at least 2 pixels."""
    centers = (np.arange(label_size) + 0.5) * (size / label_size) - 0.5
    centers = np.clip(centers, 0, size - 1)
    cells = np.minimum(centers.astype(np.int32), size - 2)
    most = np.bincount(cells).max()
    pixels = np.full((size - 1, most), -1, np.int32)
    fractions = np.zeros((size - 1, most), np.float32)
    for cell in range(size - 1):
        (inside,) = np.nonzero(cells == cell)
        pixels[cell, : len(inside)] = inside
        fractions[cell, : len(inside)] = centers[inside] - cell
    return Axis(pixels, fractions)


def overlap_counts(
    activation: Float[Array, "image row col unit"],
    thresholds: Float[Array, " unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
) -> OverlapCounts:
    """Returns the counts, one image at a time."""
    with jax.named_scope("overlap_counts.active_cells"):
        # A single row or column is a cell of no height or width.
        for axis in (1, 2):
            if activation.shape[axis] == 1:
                activation = jnp.repeat(activation, 2, axis=axis)
        activation = activation.astype(jnp.float32)
        units = activation.shape[-1]

        def add(both: Array, image: tuple[Array, Array]) -> tuple[Array, Array]:
            return _count(both, *image, thresholds, num_concepts)

        start = jnp.zeros((units * num_concepts,), jnp.int32)
        both, active = jax.lax.scan(add, start, (activation, labels))
        return OverlapCounts(both.reshape(units, num_concepts), active)


def _count(
    both: Array, maps: Array, labels: Array, thresholds: Array, num_concepts: int
) -> tuple[Array, Array]:
    rows, cols, units = maps.shape
    down, right = axis_of(rows, labels.shape[0]), axis_of(cols, labels.shape[1])
    shown = _by_cell(labels, down, right, num_concepts)
    above = maps > thresholds[None, None, :]
    above = above[:-1] | above[1:]
    hot = (above[:, :-1] | above[:, 1:]).ravel()
    ranks = _ranks(hot)

    def tile(i: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
        # Of a rank that no cell has: the end.
        chosen = jnp.searchsorted(ranks, i * _TILE + jnp.arange(1, _TILE + 1))
        cell, unit = jnp.divmod(jnp.minimum(chosen, hot.size - 1), units)
        row, col = jnp.divmod(cell, cols - 1)
        enlarged = _interpolate(maps, row, col, unit, down, right)
        on = enlarged > thresholds[unit][:, None, None]
        on &= (jnp.asarray(down.pixels) >= 0)[row][:, :, None]
        on &= (jnp.asarray(right.pixels) >= 0)[col][:, None, :]
        on &= (chosen < hot.size)[:, None, None]
        both, active = sums
        pixels = on.reshape(_TILE, -1, 1)
        shown_here = jnp.where(pixels, shown[cell], num_concepts)
        both = _add_by_concept(
            both, unit, shown_here.reshape(_TILE, -1), num_concepts=num_concepts
        )
        return both, active.at[unit].add(on.sum(axis=(1, 2), dtype=jnp.int32))

    tiles = (ranks[-1] + (_TILE - 1)) // _TILE
    start = both, jnp.zeros((units,), jnp.int32)
    return jax.lax.fori_loop(0, tiles, tile, start)


def _ranks(hot: Bool[Array, " cell"]) -> Int[Array, " cell_or_none"]:
    """Returns how many cells are hot up to each, filled up to whole blocks.

    With these and a search, the hot cells of an image are found in a quarter of the
    time that `jnp.nonzero` needs; a product with a triangle counts within a block.
    """
    blocks = jnp.pad(hot, (0, -hot.size % _BLOCK)).reshape(-1, _BLOCK)
    triangle = np.tri(_BLOCK, dtype=np.float32).T
    # Of at most 64 ones, exact in any precision of the product.
    within = (blocks.astype(jnp.float32) @ triangle).astype(jnp.int32)
    total = within[:, -1]
    return (within + (jnp.cumsum(total) - total)[:, None]).ravel()


def _by_cell(
    labels: Array, down: Axis, right: Axis, num_concepts: int
) -> Int[Array, "cell pixel slot"]:
    """Returns the concepts shown in each cell, `num_concepts` for none."""
    slots = labels.shape[-1]
    rows = down.pixels[:, None, :, None]
    cols = right.pixels[None, :, None, :]
    found = labels[rows, cols].reshape(len(down.pixels) * len(right.pixels), -1, slots)
    # One unsigned comparison refuses negative labels too.
    known = found.astype(jnp.uint32) < num_concepts
    return jnp.where(known, found, num_concepts).astype(jnp.int32)


def _interpolate(
    maps: Array, row: Array, col: Array, unit: Array, down: Axis, right: Axis
) -> Float[Array, "cell row col"]:
    y = jnp.asarray(down.fractions)[row]
    x = jnp.asarray(right.fractions)[col][:, None, :]
    corner = lambda i, j: maps[row + i, col + j, unit][:, None]
    first = corner(0, 0) * (1 - y) + corner(1, 0) * y
    second = corner(0, 1) * (1 - y) + corner(1, 1) * y
    return first[:, :, None] * (1 - x) + second[:, :, None] * x


def _add_by_concept(
    both: Array, unit: Array, shown: Array, *, num_concepts: int
) -> Array:
    def lowest_after(state: tuple[Array, Array]) -> tuple[Array, Array]:
        before, both = state
        later = jnp.where(shown > before[:, None], shown, num_concepts)
        concept = later.min(axis=1)
        matches = (shown == concept[:, None]).sum(axis=1, dtype=jnp.int32)
        place = jnp.where(
            concept < num_concepts, unit * num_concepts + concept, both.size
        )
        return concept, both.at[place].add(matches, mode="drop")

    start = jnp.full(shown.shape[:1], -1, jnp.int32), both
    unfinished = lambda state: (state[0] < num_concepts).any()
    return jax.lax.while_loop(unfinished, lowest_after, start)[1]
