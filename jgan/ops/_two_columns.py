"""3 x 3 kernels between few units, two columns at a time.

XLA's fast convolution on CPU, of jax 0.10, leaves those of up to 16 units to one that
runs at half its speed. A pair of columns is a pixel of twice the units; of two of them,
side by side, each of the two columns between sees three. A quarter of the products are
with zeros, and at 12 units it takes from 0.45 to 0.85 of the time.
"""

import functools

from jaxtyping import Array, Float

from jgan.ops._bilinear import bilinear
from jgan.ops._column_pairs import in_pairs, kernel_of_pairs, seen
from jgan.ops._convolve import convolve_by_products
from jgan.ops._xla_conv import turned_xla_conv

_PADDING = ((1, 1), (1, 1))


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


def _given(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, of what each pair of columns gives.

    Its transpose is `seen` of the turned kernel, of no more columns than the map has;
    that of `seen` would have one pair more, and XLA be slow.
    """
    images, rows, cols, _ = x.shape
    y = turned_xla_conv(in_pairs(x), kernel_of_pairs(kernel), padding=_PADDING)
    return y.reshape(images, rows, cols + 2, kernel.shape[3])[:, :, 1:-1]


_conv = bilinear(
    seen,
    of_x=_given,
    of_kernel=functools.partial(convolve_by_products, padding=_PADDING),
)
