"""3 x 3 kernels between at most 16 units, two columns at a time.

XLA's fast convolution on CPU, of jax 0.10, leaves such small ones to one that runs at
half its speed. A pair of columns is a pixel of twice the units; of two of them, side by
side, each of the two columns between sees three. A quarter of the products are with
zeros, and at 16 units and 64 pixels it takes 0.8 of the time.
"""

import functools

import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import bilinear
from jgan.ops._convolve import convolve_by_products
from jgan.ops._xla_conv import turned_xla_conv, xla_conv

_ROWS = (1, 1)


def two_columns_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution of `x`, padded with zeros to keep its rows and columns.

    Args:
        x: Activation, of an even number of columns.
        kernel: Weights.
    """
    return _conv(x, kernel)


def _seen(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, of what each pair of columns sees."""
    images, rows, cols, _ = x.shape
    padded = jnp.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    y = xla_conv(_in_pairs(padded), _of_pairs(kernel), padding=(_ROWS, (0, 0)))
    return y.reshape(images, rows, cols, kernel.shape[3])


def _given(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the same, written so that its transpose is `_seen`."""
    images, rows, cols, _ = x.shape
    wide = _of_pairs(kernel)
    y = turned_xla_conv(_in_pairs(x), wide, padding=(_ROWS, (1, 1)))
    return y.reshape(images, rows, cols + 2, kernel.shape[3])[:, :, 1:-1]


def _in_pairs(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row pair both_units"]:
    images, rows, cols, units = x.shape
    return x.reshape(images, rows, cols // 2, 2 * units)


def _of_pairs(
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "3 2 both_units_in both_units_out"]:
    """Returns the kernel of two pairs of columns for the two in their middle."""
    _, _, unit_in, unit_out = kernel.shape
    first = jnp.pad(kernel, ((0, 0), (0, 1), (0, 0), (0, 0)))
    second = jnp.pad(kernel, ((0, 0), (1, 0), (0, 0), (0, 0)))
    both = jnp.stack([first, second], axis=3)
    return both.reshape(3, 2, 2 * unit_in, 2 * unit_out)


_conv = bilinear(
    _seen,
    of_x=_given,
    of_kernel=functools.partial(convolve_by_products, padding=((1, 1), (1, 1))),
)
