"""A convolution that upsamples by two, smoothly: StyleGAN2's first of each block.

A transposed convolution of stride 2 and the filter of `_fir` after it (Karras et al.,
2020). Each phase of the transposed convolution has a kernel of its own, of one, two or
four of the nine weights: together nine products for a pixel of the small map. The
filter then works on the phases, and they are interleaved once, at the end. A TPU's
compiler leaves out the zeros itself, so there the plain definition is taken.
"""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import check_implementation, conv
from jgan.ops._convolve import convolve
from jgan.ops._fir import filter_each_unit, smooth_phases
from jgan.ops._interleave import interleave

Implementation = Literal["reference", "phases"]


def fir_upsample_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    *,
    implementation: Implementation | None = None,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the filtered transposed convolution, of twice the rows and columns.

    Args:
        x: Activation.
        kernel: Weights of ``conv_transpose2d(…, stride=2)`` as PyTorch has them: the
            weight at (0, 0) takes a pixel to the upper left of those that it reaches.
        implementation: ``"reference"`` spreads the map with zeros, convolves and
            filters. ``"phases"`` convolves the small map for each phase. None takes
            what is known to be fastest: on a TPU, whose compiler leaves out the zeros
            itself, the reference has half the cycles by its own estimate.

    Raises:
        ValueError: If the kernel is not 3 x 3, or the implementation unknown.
    """
    check_implementation(implementation, Implementation)
    if kernel.shape[:2] != (3, 3):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 3 x 3 pixels.")
    if implementation is None:
        return jax.lax.platform_dependent(x, kernel, tpu=_spread, default=_by_phases)
    return (_spread if implementation == "reference" else _by_phases)(x, kernel)


def _spread(x: Array, kernel: Array) -> Array:
    spread = jax.lax.conv_general_dilated(
        x,
        kernel[::-1, ::-1],
        (1, 1),
        ((2, 2), (2, 2)),
        lhs_dilation=(2, 2),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return filter_each_unit(spread, padding=(1, 1))


def _by_phases(x: Array, kernel: Array) -> Array:
    # With zeros around, so that no phase is padded again to be smoothed.
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    none = ((0, 0), (0, 0))

    # Pixel 2i of the spread map is met by the weights 0 of x[i] and 2 of x[i - 1],
    # pixel 2i + 1 by weight 1 of x[i].
    def even(kernel: Array, axis: int) -> Array:
        ends = [jax.lax.slice_in_dim(kernel, i, i + 1, axis=axis) for i in (2, 0)]
        return jnp.concatenate(ends, axis)

    even_row = smooth_phases(
        convolve(x, even(even(kernel, 0), 1), none),
        convolve(x, even(kernel, 0)[:, 1:2], none),
        2,
    )
    odd_row = smooth_phases(
        convolve(x, even(kernel[1:2], 1), none), conv(x, kernel[1:2, 1:2]), 2
    )
    # In one piece with what follows, each of these would be computed four times.
    even_row, odd_row = jax.lax.optimization_barrier((even_row, odd_row))
    left = smooth_phases(even_row[0], odd_row[0], 1)
    right = smooth_phases(even_row[1], odd_row[1], 1)
    return interleave([list(pair) for pair in zip(left, right, strict=True)])
