"""XLA's convolution, and the same written so that its gradient is fast in a loop too.

The gradient with respect to the activation is a convolution with the kernel turned by
180 degrees, its units in and out exchanged. JAX leaves the exchange to the compiler,
and XLA on CPU does it outside loops alone: within one, as when latents are optimized
in a `scan`, it falls back to a convolution that takes up to ten times as long.
"""

import jax
from jaxtyping import Array, Float

_Pair = tuple[int, int]


def xla_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "height width unit_in unit_out"],
    *,
    padding: tuple[_Pair, _Pair],
    stride: int = 1,
    spread: int = 1,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the convolution of `x`, padded with zeros.

    Args:
        x: Activation.
        kernel: Weights.
        padding: Rows added above and below, columns added left and right, to the
            spread map.
        stride: Every so many pixels of the result are kept.
        spread: So many pixels is one of the map from the next, with zeros between.
    """
    return _conv(x, kernel, "HWIO", padding, stride, spread)


def turned_xla_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "height width unit_in unit_out"],
    *,
    padding: tuple[_Pair, _Pair],
    spread: int = 1,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns `xla_conv`, whose transpose with respect to `x` XLA has fast anywhere."""
    turned = kernel[::-1, ::-1].swapaxes(2, 3)
    return _conv(x, turned[::-1, ::-1], "HWOI", padding, 1, spread)


def _conv(
    x: Array,
    kernel: Array,
    kernel_axes: str,
    padding: tuple[_Pair, _Pair],
    stride: int,
    spread: int,
) -> Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        padding,
        lhs_dilation=(spread, spread),
        dimension_numbers=("NHWC", kernel_axes, "NHWC"),
    )
