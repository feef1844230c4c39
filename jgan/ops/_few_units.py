"""Large kernels to and from few units, in blocks of 2 x 2 pixels.

XLA's convolution on CPU takes as long for 3 units out as for 16. With the four pixels
of a block as units, there are 12: a kernel of 8 x 8 with stride 2 then does what one of
7 x 7 did, in two fifths of the time.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import bilinear
from jgan.ops._convolve import convolve_by_products

# As many units as this are few; four times as many fill XLA's 16.
FEW = 4


def few_units_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution of `x`, padded with zeros to keep its rows and columns.

    Args:
        x: Activation, of even rows and columns.
        kernel: Weights, of odd side, with `FEW` units in or out.
    """
    return (_few_out if kernel.shape[3] <= FEW else _few_in)(x, kernel)


def _by_xla(x: Array, kernel: Array) -> Array:
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _by_products(x: Array, kernel: Array) -> Array:
    margin = len(kernel) // 2
    padding = ((margin, margin), (margin, margin))
    return convolve_by_products(x, kernel, padding=padding)


def _to_few(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, fast where units out are few."""
    margin = len(kernel) // 2
    images, rows, cols, _ = x.shape
    wide = jnp.stack(
        [_padded(kernel, row, col) for row in (0, 1) for col in (0, 1)], axis=3
    )
    y = jax.lax.conv_general_dilated(
        x,
        wide.reshape(*wide.shape[:3], -1),
        (2, 2),
        ((margin, margin),) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    blocks = y.reshape(images, rows // 2, cols // 2, 2, 2, -1)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(images, rows, cols, -1)


def _from_few(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, whose transpose is fast where units in are few."""
    margin = len(kernel) // 2
    images, rows, cols, units = x.shape
    blocks = x.reshape(images, rows // 2, 2, cols // 2, 2, units)
    blocks = blocks.transpose(0, 1, 3, 2, 4, 5)
    wide = jnp.stack(
        [_padded(kernel, 1 - row, 1 - col) for row in (0, 1) for col in (0, 1)], axis=2
    )
    return jax.lax.conv_general_dilated(
        blocks.reshape(images, rows // 2, cols // 2, 4 * units),
        wide.reshape(*wide.shape[:2], 4 * units, -1),
        (1, 1),
        ((margin + 1, margin + 1),) * 2,
        lhs_dilation=(2, 2),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _padded(
    kernel: Float[Array, "side side unit_in unit_out"], row: int, col: int
) -> Float[Array, "larger larger unit_in unit_out"]:
    """Returns the kernel with a row and a column of zeros, before it or after it."""
    return jnp.pad(kernel, ((row, 1 - row), (col, 1 - col), (0, 0), (0, 0)))


# With few units out XLA's own derivatives take a fourth of the products' time.
_few_out = bilinear(_to_few, of_x=_by_xla, of_kernel=_by_xla)
_few_in = bilinear(
    _by_xla,
    # Whose derivative, where a gradient's norm is penalized, is of products too.
    of_x=bilinear(_from_few, of_kernel=_by_products),
    of_kernel=_by_products,
)
