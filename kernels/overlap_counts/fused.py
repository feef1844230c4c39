"""`overlap_counts` for a TPU: one kernel, in which a map is enlarged and forgotten.

An enlarged map is up to 256 times as large as the map, and writing it to memory and
back is what the plain form spends its time on. Here a map is enlarged along its rows
by a product of matrices, then down, one row of the labels after the other, compared,
and multiplied with the one-hot labels of that row while it is still on the chip.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import pallas as pl
from jaxtyping import Array, Float, Int

from .reference import OverlapCounts

# Width of a vector register of a TPU, and of its matrix unit.
_LANES = 128
# A bfloat16 register holds 16 rows.
_SUBLANES = 16


def overlap_counts(
    activation: Float[Array, "image row col unit"],
    thresholds: Float[Array, " unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
    interpret: bool = False,
) -> OverlapCounts:
    """Returns the counts, an image and a block of units at a time."""
    for axis in (1, 2):
        if activation.shape[axis] == 1:
            activation = jnp.repeat(activation, 2, axis=axis)
    images, rows, cols, units = activation.shape
    label_rows, label_cols, slots = labels.shape[1:]
    block = min(512, -(-units // _LANES) * _LANES)
    padded = -(-units // block) * block
    pad = (0, padded - units)
    # One more than there are concepts: the last row counts all pixels.
    counted = -(-(num_concepts + 1) // _SUBLANES) * _SUBLANES
    call = pl.pallas_call(
        functools.partial(_kernel, num_concepts=num_concepts),
        grid=(images, padded // block),
        in_specs=[
            pl.BlockSpec((1, rows, cols, block), lambda i, u: (i, 0, 0, u)),
            pl.BlockSpec((1, block), lambda i, u: (0, u)),
            pl.BlockSpec((label_cols, cols), lambda i, u: (0, 0)),
            pl.BlockSpec((1, slots, label_rows, label_cols), lambda i, u: (i, 0, 0, 0)),
        ],
        out_specs=pl.BlockSpec((1, counted, block), lambda i, u: (i, 0, u)),
        out_shape=jax.ShapeDtypeStruct((images, counted, padded), jnp.float32),
        name="overlap_counts",
        interpret=interpret,
    )
    counts = call(
        jnp.pad(activation, ((0, 0), (0, 0), (0, 0), pad)),
        jnp.pad(thresholds, pad)[None, :],
        weights(cols, label_cols),
        jnp.moveaxis(labels, -1, 1),
    )
    counts = counts[:, :, :units].astype(jnp.int32)
    return OverlapCounts(counts[:, :num_concepts].sum(axis=0).T, counts[:, num_concepts])


def weights(size: int, label_size: int) -> Float[np.ndarray, "label_size size"]:
    """Returns the matrix that enlarges along one axis: bilinear, half-pixel centers."""
    centers = (np.arange(label_size) + 0.5) * (size / label_size) - 0.5
    centers = np.clip(centers, 0, size - 1)
    distance = np.abs(centers[:, None] - np.arange(size)[None, :])
    return np.maximum(1 - distance, 0).astype(np.float32)


def _kernel(maps, thresholds, right, labels, counts, *, num_concepts: int) -> None:
    rows, (label_rows, label_cols) = maps.shape[1], labels.shape[2:]
    counted = counts.shape[1]
    counts[...] = jnp.zeros(counts.shape, jnp.float32)
    concepts = jax.lax.broadcasted_iota(jnp.int32, (counted, label_cols), 0)
    always = concepts == num_concepts

    def widened(row: Array) -> Array:
        narrow = maps[0, row].astype(jnp.float32)
        return jnp.dot(right[...], narrow, precision=jax.lax.Precision.HIGHEST)

    def between(row: Array, upper: Array) -> Array:
        lower = widened(row + 1)

        def label_row(y: Array, _: None) -> None:
            # Twice as many parts as there are rows of labels keep it whole numbers.
            down = (2 * y + 1) * rows - label_rows - 2 * label_rows * row
            down = jnp.clip(down, 0, 2 * label_rows).astype(jnp.float32)
            fraction = down * np.float32(0.5 / label_rows)
            enlarged = upper * (1 - fraction) + lower * fraction
            on = (enlarged > thresholds[...]).astype(jnp.float32).astype(jnp.bfloat16)
            shown = always
            for slot in range(labels.shape[1]):
                shown |= concepts == labels[0, slot, pl.ds(y, 1), :]
            shown = shown.astype(jnp.float32).astype(jnp.bfloat16)
            counts[0] += jnp.dot(shown, on, preferred_element_type=jnp.float32)

        def first(row: Array) -> Array:
            # The rows of labels whose centers lie above that of a row of the map.
            return jax.lax.div((2 * row + 1) * label_rows + (rows - 1), 2 * rows)

        start = jnp.where(row == 0, 0, first(row))
        stop = jnp.where(row == rows - 2, label_rows, first(row + 1))
        jax.lax.fori_loop(start, stop, label_row, None)
        return lower

    jax.lax.fori_loop(0, rows - 1, between, widened(0))
