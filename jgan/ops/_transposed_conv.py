"""Transposed convolution of stride 2 with a 4 x 4 kernel, phase by phase.

A transposed convolution spreads the map with zeros between its pixels and convolves the
result: three quarters of the multiplications are by zero. An output pixel of given
parity (its *phase*) sees only a 2 x 2 part of the kernel and a 2 x 2 part of the map,
so convolutions on the small map, interleaved, do the same in a quarter of the work.
"""

import functools
import operator
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._conv import (
    PRODUCTS_UNITS,
    check_implementation,
    products,
    shifts,
)
from jgan.ops._convolve import convolve
from jgan.ops._interleave import interleave

Implementation = Literal["reference", "phases", "products"]

# XLA's convolution on CPU takes as long for 64 units out as for 128. Below that, the
# two phases of a row are computed as one, of twice the units; above, that costs copies.
_FULL_UNITS = 128


def transposed_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "4 4 unit_in unit_out"],
    *,
    implementation: Implementation | None = None,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns a map of twice the rows and columns, as PyTorch's ConvTranspose2d does.

    Args:
        x: Activation.
        kernel: Weights, as a convolution on the zero-spread map applies them: those of
            ``ConvTranspose2d(…, 4, 2, 1)`` flipped in both directions.
        implementation: ``"reference"`` is XLA's convolution of a dilated input.
            ``"phases"`` convolves the small map for each phase. ``"products"``
            multiplies each pixel by the whole kernel and adds up what falls on the same
            place. None takes what is known to be fastest.

    Raises:
        ValueError: If the kernel is not 4 x 4, or the implementation unknown.
    """
    check_implementation(implementation, Implementation)
    if kernel.shape[:2] != (4, 4):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 4 x 4 pixels.")
    if implementation is None:
        implementation = "products" if kernel.shape[3] <= PRODUCTS_UNITS else "phases"
    if implementation == "reference":
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (1, 1),
            ((2, 2), (2, 2)),
            lhs_dilation=(2, 2),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
    # Pixel 2j of the spread map is x[j]. The kernel of an output pixel 2i + phase
    # starts two pixels before it, and meets x with its rows phase and phase + 2.
    if implementation == "phases":
        return convolve_phases(
            x, [[kernel[row::2, col::2] for col in (0, 1)] for row in (0, 1)]
        )
    return interleave(_phases_of_products(products(x, kernel)))


def _phases_of_products(
    product: Float[Array, "image row col place_unit"],
) -> list[list[Float[Array, "image row col unit"]]]:
    units = product.shape[3] // 16
    # shifted[3 * row + col] is the pixel (row - 1, col - 1) away.
    shifted = shifts(product, side=3)

    def at(row: int, col: int, phase: tuple[int, int]):
        place = 4 * (phase[0] + 2 * row) + phase[1] + 2 * col
        moved = shifted[3 * (phase[0] + row) + phase[1] + col]
        return moved[..., place * units : (place + 1) * units]

    def phase(row: int, col: int):
        parts = [at(r, c, (row, col)) for r in (0, 1) for c in (0, 1)]
        return functools.reduce(operator.add, parts)

    return [[phase(row, col) for col in (0, 1)] for row in (0, 1)]


def convolve_phases(
    x: Float[Array, "image row col unit_in"],
    kernels: list[list[Float[Array, "2 2 unit_in unit_out"]]],
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the map whose pixels of phase (row, col) come from ``kernels[row][col]``.

    An even output pixel ``2i`` reads the small map at ``i - 1`` and ``i``, an odd one
    ``2i + 1`` at ``i`` and ``i + 1``, which is what the next even one reads.
    """
    before, after = (1, 0), (0, 1)
    units = kernels[0][0].shape[3]
    phases = []
    for pair, row_padding in zip(kernels, (before, after), strict=True):
        if units < _FULL_UNITS:
            kernel = jnp.concatenate(pair, axis=3)
            both = convolve(x, kernel, (row_padding, (1, 1)))
            phases.append([both[:, :, :-1, :units], both[:, :, 1:, units:]])
        else:
            phases.append(
                [
                    convolve(x, kernel, (row_padding, col_padding))
                    for kernel, col_padding in zip(pair, (before, after), strict=True)
                ]
            )
    return interleave(phases)
