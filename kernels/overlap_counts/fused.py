"""`overlap_counts` for a TPU: one kernel, in which a map is enlarged and forgotten.

An enlarged map has up to 256 times the numbers of the map, and making it costs the
plain form more than what is then done with it. Here a map is enlarged along its rows by
a product of matrices, once for each row it has. One row of the labels after the other,
it is enlarged down, compared, and multiplied with the one-hot labels of that row, all
in the memory of the chip. No program of the grid depends on another, so that a GPU
could run it too.
"""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jaxtyping import Array, Float, Int

from .reference import OverlapCounts

# Units at a time, twice as many as long as they fit: 128 is the width of a register and
# of the matrix unit, and 512 share the one-hot labels four times as well.
_FEWEST, _MOST = 128, 512
# Rows of bfloat16 in a register.
_ROWS = 16
# Numbers in a block of maps, and in all blocks and the one-hot labels: 4 MB and 8 MB.
# There are two of each block in the 16 MB that a kernel gets on a TPU v5e. What keeps
# to this compiles there; 12 MB do not, nor do maps of 8 MB.
_MAPS, _ALL = 2**20, 2**21


def fits(
    activation: Float[Array, "image row col unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
) -> bool:
    """Returns whether the memory of a TPU holds what the kernel needs at a time."""
    pixels, units = math.prod(activation.shape[1:3]), activation.shape[3]
    maps = pixels * _units_at_a_time(pixels, units)
    hot = _counted(num_concepts) * labels.shape[2]
    return maps <= _MAPS and maps + math.prod(labels.shape[1:]) + hot <= _ALL


def overlap_counts(
    activation: Float[Array, "image row col unit"],
    thresholds: Float[Array, " unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
    interpret: bool = False,
) -> OverlapCounts:
    """Returns the counts, by an image and a block of units at a time.

    Args:
        activation: As in `api`.
        thresholds: As in `api`.
        labels: As in `api`.
        num_concepts: As in `api`.
        interpret: Runs the kernel on any backend, slowly, for tests.
    """
    # A single row or column is a cell of no height or width.
    for axis in (1, 2):
        if activation.shape[axis] == 1:
            activation = jnp.repeat(activation, 2, axis=axis)
    images, rows, cols, units = activation.shape
    label_rows, label_cols, slots = labels.shape[1:]
    block, counted = _units_at_a_time(rows * cols, units), _counted(num_concepts)
    pad = (0, -units % block)
    whole = units + pad[1]
    with jax.named_scope("overlap_counts.fused"):
        counts = pl.pallas_call(
            functools.partial(_kernel, num_concepts=num_concepts),
            grid=(images, whole // block),
            in_specs=[
                pl.BlockSpec((1, rows, cols, block), lambda i, u: (i, 0, 0, u)),
                pl.BlockSpec((1, block), lambda i, u: (0, u)),
                pl.BlockSpec((label_cols, cols), lambda i, u: (0, 0)),
                pl.BlockSpec(
                    (1, slots, label_rows, label_cols), lambda i, u: (i, 0, 0, 0)
                ),
            ],
            out_specs=pl.BlockSpec((1, counted, block), lambda i, u: (i, 0, u)),
            out_shape=jax.ShapeDtypeStruct((images, counted, whole), jnp.float32),
            cost_estimate=_cost(activation, labels, whole, counted),
            name="overlap_counts",
            interpret=interpret,
        )(
            jnp.pad(activation, ((0, 0), (0, 0), (0, 0), pad)),
            jnp.pad(thresholds, pad)[None, :],
            weights(cols, label_cols),
            jnp.moveaxis(labels, -1, 1),
        )
        counts = counts[:, :, :units].astype(jnp.int32)
        both = counts[:, :num_concepts].sum(axis=0).T
        return OverlapCounts(both, counts[:, num_concepts])


def _cost(maps: Array, labels: Array, units: int, counted: int) -> pl.CostEstimate:
    """Returns what XLA is told, as it does not look into a kernel."""
    images, rows, cols = maps.shape[:3]
    label_rows, label_cols = labels.shape[1:3]
    along = 2 * rows * cols * label_cols
    # Two products, a sum and a comparison.
    down = 4 * label_rows * label_cols
    counting = 2 * counted * label_rows * label_cols
    read = units * rows * cols * maps.dtype.itemsize + 4 * labels.size // images
    return pl.CostEstimate(
        flops=images * units * (along + down + counting),
        bytes_accessed=images * (read + 4 * counted * units),
        transcendentals=0,
    )


def _counted(num_concepts: int) -> int:
    # One more than there are concepts: it is shown everywhere, and counts `active`.
    return -(-(num_concepts + 1) // _ROWS) * _ROWS


def _units_at_a_time(pixels: int, units: int) -> int:
    block = _FEWEST
    while (
        block < _MOST
        and 2 * block * pixels <= _MAPS
        # No more units that are not there.
        and -units % (2 * block) <= -units % block
    ):
        block *= 2
    return block


def weights(size: int, label_size: int) -> Float[np.ndarray, "label_size size"]:
    """Returns the matrix that enlarges along one axis: bilinear, half-pixel centers."""
    centers = (np.arange(label_size) + 0.5) * (size / label_size) - 0.5
    centers = np.clip(centers, 0, size - 1)
    distance = np.abs(centers[:, None] - np.arange(size)[None, :])
    return np.maximum(1 - distance, 0).astype(np.float32)


def _kernel(maps, thresholds, right, labels, counts, *, num_concepts: int) -> None:
    rows, (label_rows, label_cols) = maps.shape[1], labels.shape[2:]
    counts[...] = jnp.zeros(counts.shape, jnp.float32)
    concepts = jax.lax.broadcasted_iota(jnp.int32, (counts.shape[1], label_cols), 0)
    everywhere = concepts == num_concepts

    def widened(row: Array) -> Array:
        narrow = maps[0, row].astype(jnp.float32)
        # Anything less would round activations to bfloat16.
        return jnp.dot(right[...], narrow, precision=jax.lax.Precision.HIGHEST)

    def between(row: Array, upper: Array) -> Array:
        lower = widened(row + 1)

        def count(y: Array, _: None) -> None:
            # In parts of which a row of the map has 2 * label_rows: whole numbers.
            parts = (2 * y + 1) * rows - label_rows - 2 * label_rows * row
            parts = jnp.clip(parts, 0, 2 * label_rows)
            down = parts.astype(jnp.float32) * np.float32(0.5 / label_rows)
            above = upper * (1 - down) + lower * down > thresholds[...]
            shown = everywhere
            for slot in range(labels.shape[1]):
                # A label may be the one shown everywhere, which is no concept.
                shown |= concepts == labels[0, slot, pl.ds(y, 1), :]
            # Of zeros and ones, exact up to 2**24 pixels.
            counts[0] += jnp.dot(
                shown.astype(jnp.bfloat16),
                above.astype(jnp.bfloat16),
                preferred_element_type=jnp.float32,
            )

        def first(row: Array) -> Array:
            return jax.lax.div((2 * row + 1) * label_rows + (rows - 1), 2 * rows)

        # The rows of labels between two rows of the map, and before and after all.
        start = jnp.where(row == 0, 0, first(row))
        stop = jnp.where(row == rows - 2, label_rows, first(row + 1))
        jax.lax.fori_loop(start, stop, count, None)
        return lower

    jax.lax.fori_loop(0, rows - 1, between, widened(jnp.int32(0)))
