"""A 3 x 3 convolution followed by 2 x 2 average pooling, without the large map.

The average of four convolved pixels is one convolution with a 4 x 4 kernel, the sum of
four shifted copies. Taken at every second pixel it is a 2 x 2 convolution of the map
with each square of 2 x 2 pixels as one: 16 instead of 36 multiplications for a pixel
and unit.
"""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import check_implementation, conv
from jgan.ops._convolve import convolve

Implementation = Literal["reference", "squares"]


def downsample(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map with each square of 2 x 2 pixels averaged.

    Raises:
        ValueError: If the map is odd.
    """
    return _apart(x).mean(axis=(2, 4))


def downsample_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    *,
    implementation: Implementation = "squares",
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the averaged convolution of `x`, of half the rows and columns.

    Args:
        x: Activation, of even rows and columns.
        kernel: Weights of the convolution that comes first, with zero padding.
        implementation: ``"reference"`` makes the large map, ``"squares"`` does not.

    Raises:
        ValueError: If the kernel is not 3 x 3, the map odd or the implementation
            unknown.
    """
    check_implementation(implementation, Implementation)
    if kernel.shape[:2] != (3, 3):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 3 x 3 pixels.")
    _check_even(x)
    if implementation == "reference":
        return downsample(conv(x, kernel))
    # An output pixel averages four places of the kernel, one pixel apart.
    places = [
        jnp.pad(kernel, ((row, 1 - row), (col, 1 - col), (0, 0), (0, 0)))
        for row in (0, 1)
        for col in (0, 1)
    ]
    wide = (places[0] + places[1] + places[2] + places[3]) / 4
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return convolve(squares(padded), _square_kernel(wide), ((0, 0), (0, 0)))


def squares(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row_out col_out place_unit"]:
    """Returns the map with each square of 2 x 2 pixels as one, its units row by row.

    Raises:
        ValueError: If the map is odd.
    """
    images, rows, cols, units = x.shape
    return (
        _apart(x)
        .transpose(0, 1, 3, 2, 4, 5)
        .reshape(images, rows // 2, cols // 2, 4 * units)
    )


def _apart(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row_out 2 col_out 2 unit"]:
    _check_even(x)
    images, rows, cols, units = x.shape
    return x.reshape(images, rows // 2, 2, cols // 2, 2, units)


def _check_even(x: Float[Array, "image row col unit"]) -> None:
    _, rows, cols, _ = x.shape
    if rows % 2 or cols % 2:
        raise ValueError(f"The map has {rows} x {cols} pixels; both must be even.")


def _square_kernel(
    kernel: Float[Array, "4 4 unit_in unit_out"],
) -> Float[Array, "2 2 place_unit unit_out"]:
    _, _, unit_in, unit_out = kernel.shape
    apart = kernel.reshape(2, 2, 2, 2, unit_in, unit_out)
    return apart.transpose(0, 2, 1, 3, 4, 5).reshape(2, 2, 4 * unit_in, unit_out)
