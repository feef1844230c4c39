"""Resampling by two with the smooth filter of StyleGAN2, phase by phase.

The filter is 1, 3, 3, 1 in either direction (Karras et al., 2020). To upsample, the
published code spreads the map with zeros and filters the large map; an output pixel of
given parity (its *phase*) then meets two of the four weights, so that each phase is a
sum of two pixels of the small map in either direction.
"""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import check_implementation
from jgan.ops._interleave import interleave

Implementation = Literal["reference", "phases"]

# Of sum 2, because three of four pixels of a map spread with zeros are empty: half of
# them in either direction.
FILTER = (0.25, 0.75, 0.75, 0.25)

_ROWS, _COLS = 1, 2


def fir_upsample(
    x: Float[Array, "image row col unit"], *, implementation: Implementation = "phases"
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map with twice the rows and columns, smoothly.

    Args:
        x: Activation or image. Beyond its edge it is 0.
        implementation: ``"reference"`` filters the map spread with zeros, ``"phases"``
            the small one.

    Raises:
        ValueError: If the implementation is unknown.
    """
    check_implementation(implementation, Implementation)
    if implementation == "reference":
        return filter_each_unit(x, padding=(2, 1), spread=True)
    rows = _two_phases(x, _ROWS)
    return interleave([list(_two_phases(phase, _COLS)) for phase in rows])


def fir_downsample(
    x: Float[Array, "image row col unit"], *, implementation: Implementation = "phases"
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map with half the rows and columns, smoothly.

    Args:
        x: Activation or image, of even rows and columns. Beyond its edge it is 0.
        implementation: ``"reference"`` filters the whole map and keeps every second
            pixel, ``"phases"`` computes those alone.

    Raises:
        ValueError: If the map is odd or the implementation unknown.
    """
    check_implementation(implementation, Implementation)
    _, rows, cols, _ = x.shape
    if rows % 2 or cols % 2:
        raise ValueError(f"The map has {rows} x {cols} pixels; both must be even.")
    if implementation == "reference":
        return filter_each_unit(x, padding=(1, 1))[:, ::2, ::2] / 4
    return _halved(_halved(x, _ROWS), _COLS)


def filter_each_unit(
    x: Float[Array, "image row col unit"],
    *,
    padding: tuple[int, int],
    spread: bool = False,
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map filtered by a convolution of each unit: the plain definition.

    Args:
        x: Activation.
        padding: Zeros before and after, of rows and of columns.
        spread: Put a zero after every pixel first.
    """
    taps = jnp.asarray(FILTER, x.dtype)
    square = taps[:, None] * taps[None, :]
    return jax.lax.conv_general_dilated(
        x,
        jnp.tile(square[:, :, None, None], (1, 1, 1, x.shape[-1])),
        (1, 1),
        # What is spread ends with a pixel and not with a zero.
        [(padding[0], padding[1] + spread)] * 2,
        lhs_dilation=(2, 2) if spread else None,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=x.shape[-1],
    )


def smooth_phases(
    even: Float[Array, "image even_row even_col unit"],
    odd: Float[Array, "image odd_row odd_col unit"],
    axis: int,
) -> tuple[
    Float[Array, "image row_out col_out unit"],
    Float[Array, "image row_out col_out unit"],
]:
    """Returns the even and the odd pixels of a filtered map, from those of the map.

    The map has ``2 n + 1`` pixels along the axis, and the filtered one ``2 n``.

    Args:
        even: Its ``n + 1`` even pixels.
        odd: Its ``n`` odd pixels, and the zero before and after them.
        axis: 1 for rows, 2 for columns.
    """
    size = odd.shape[axis] - 2
    here, after = _cut(even, 0, size, axis), _cut(even, 1, size, axis)
    odd_before, odd_here, odd_after = (_cut(odd, i, size, axis) for i in range(3))
    outer, inner = FILTER[:2]
    return (
        outer * (odd_before + after) + inner * (here + odd_here),
        outer * (here + odd_after) + inner * (odd_here + after),
    )


def _two_phases(x: Array, axis: int) -> tuple[Array, Array]:
    size = x.shape[axis]
    padded = _pad(x, axis)
    before, after = _cut(padded, 0, size, axis), _cut(padded, 2, size, axis)
    outer, inner = FILTER[:2]
    return outer * before + inner * x, inner * x + outer * after


def _halved(x: Array, axis: int) -> Array:
    size = x.shape[axis] // 2
    padded = _pad(x, axis)
    first, second, third, fourth = (
        jax.lax.slice_in_dim(padded, i, i + 2 * size - 1, 2, axis) for i in range(4)
    )
    outer, inner = FILTER[:2]
    return (outer * (first + fourth) + inner * (second + third)) / 2


def _cut(x: Array, start: int, size: int, axis: int) -> Array:
    return jax.lax.slice_in_dim(x, start, start + size, axis=axis)


def _pad(x: Array, axis: int) -> Array:
    return jnp.pad(x, [(1, 1) if i == axis else (0, 0) for i in range(x.ndim)])
