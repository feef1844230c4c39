"""Kernels for pairs of columns: a pixel of twice the units is two columns of a map."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._xla_conv import xla_conv


def in_pairs(
    x: Float[Array, "image row col unit"],
) -> Float[Array, "image row pair both_units"]:
    """Returns the map with each two of its columns, which are even, as one."""
    images, rows, cols, units = x.shape
    return x.reshape(images, rows, cols // 2, 2 * units)


def both_places(
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "side longer unit_in 2 unit_out"]:
    """Returns a kernel for the first of two columns, and for the second.

    Of a window of one column more, the first sees all but the last.
    """
    rest = ((0, 0), (0, 0))
    first = jnp.pad(kernel, ((0, 0), (0, 1), *rest))
    second = jnp.pad(kernel, ((0, 0), (1, 0), *rest))
    return jnp.stack([first, second], axis=3)


def kernel_of_pairs(
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "side pairs both_units_in both_units_out"]:
    """Returns the kernel that makes a pair of columns of the pairs that it sees."""
    side, _, unit_in, unit_out = kernel.shape
    wide = both_places(kernel)
    return wide.reshape(side, (side + 1) // 2, 2 * unit_in, 2 * unit_out)


def seen(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, of what each pair of columns sees."""
    images, rows, cols, _ = x.shape
    margin = len(kernel) // 2
    padded = jnp.pad(x, ((0, 0), (0, 0), (margin, margin), (0, 0)))
    padding = ((margin, margin), (0, 0))
    y = xla_conv(in_pairs(padded), kernel_of_pairs(kernel), padding=padding)
    return y.reshape(images, rows, cols, kernel.shape[3])
