"""A convolution that upsamples by two, smoothly: StyleGAN2's first of each block.

A transposed convolution of stride 2 and the filter of `_fir` after it (Karras et al.,
2020). Each phase of the transposed convolution has a kernel of its own, of one, two or
four of the nine weights: together nine products for a pixel of the small map. The
filter then works on the phases, and they are interleaved once, at the end.
"""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import check_implementation
from jgan.ops._convolve import convolve
from jgan.ops._fir import filter_each_unit, smooth_phases
from jgan.ops._transposed_conv import interleave

Implementation = Literal["reference", "phases", "products"]

# Up to here one matrix product for each weight of the kernel beats the convolutions on
# CPU: by 2 at 4 x 4 pixels, by 1.1 at 16 x 16 (4 images, 512 units).
_PRODUCTS_SIDE = 16


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
            filters. ``"phases"`` convolves the small map for each phase.
            ``"products"`` multiplies each pixel by the whole kernel and adds up what
            falls on the same place. None takes what is known to be fastest.

    Raises:
        ValueError: If the kernel is not 3 x 3, or the implementation unknown.
    """
    check_implementation(implementation, Implementation)
    if kernel.shape[:2] != (3, 3):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 3 x 3 pixels.")
    if implementation is None:
        small = max(x.shape[1:3]) <= _PRODUCTS_SIDE
        implementation = "products" if small else "phases"
    if implementation == "reference":
        spread = jax.lax.conv_general_dilated(
            x,
            kernel[::-1, ::-1],
            (1, 1),
            ((2, 2), (2, 2)),
            lhs_dilation=(2, 2),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        return filter_each_unit(spread, padding=(1, 1))
    phases = _convolutions if implementation == "phases" else _products
    # At first [row phase][column phase], of the map before it is filtered.
    (a, b), (c, d) = phases(x, kernel)
    left, right = smooth_phases(a, c, 1), smooth_phases(b, d, 1)
    return interleave(
        [list(smooth_phases(*pair, 2)) for pair in zip(left, right, strict=True)]
    )


def _convolutions(x: Array, kernel: Array) -> list[list[Array]]:
    # Pixel 2i of the spread map is met by the weights 0 of x[i] and 2 of x[i - 1].
    parts = (slice(None, None, -2), (1, 1)), (slice(1, 2), (0, 0))
    return [
        [
            convolve(x, kernel[rows, cols], (row_padding, col_padding))
            for cols, col_padding in parts
        ]
        for rows, row_padding in parts
    ]


def _products(x: Array, kernel: Array) -> list[list[Array]]:
    images, rows, cols, unit_in = x.shape
    flat = x.reshape(-1, unit_in)
    product = [
        [(flat @ weight).reshape(images, rows, cols, -1) for weight in row]
        for row in kernel
    ]
    # Along one axis, the even pixels get the weights 0 and 2, the odd ones weight 1.
    even = [_overlap(product[0][col], product[2][col], 1) for col in range(3)]
    return [[_overlap(row[0], row[2], 2), row[1]] for row in (even, product[1])]


def _overlap(first: Array, third: Array, axis: int) -> Array:
    after = [(0, 1) if i == axis else (0, 0) for i in range(4)]
    before = [pair[::-1] for pair in after]
    return jnp.pad(first, after) + jnp.pad(third, before)
