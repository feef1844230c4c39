"""Transposed convolution of stride 2 with a 4 x 4 kernel, as four small convolutions.

A transposed convolution spreads the map with zeros between its pixels and convolves the
result: three quarters of the multiplications are by zero. An output pixel of given
parity (its *phase*) sees only a 2 x 2 part of the kernel and a 2 x 2 part of the map,
so four convolutions on the small map, interleaved, do the same in a quarter of the
work.
"""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops.conv import convolve

Implementation = Literal["reference", "phases"]


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
        implementation: ``"reference"`` is XLA's convolution of a dilated input,
            ``"phases"`` is four convolutions of 2 x 2. None takes the faster,
            ``"phases"``.
    """
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
    return interleave_phases(
        x, [[kernel[row::2, col::2] for col in (0, 1)] for row in (0, 1)]
    )


def interleave_phases(
    x: Float[Array, "image row col unit_in"],
    kernels: list[list[Float[Array, "2 2 unit_in unit_out"]]],
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the map whose pixels of phase (row, col) come from ``kernels[row][col]``.

    An even output pixel ``2i`` reads the small map at ``i - 1`` and ``i``, an odd one
    ``2i + 1`` at ``i`` and ``i + 1``.
    """
    images, rows, cols, _ = x.shape
    before, after = (1, 0), (0, 1)
    phases = [
        [
            convolve(x, kernels[row][col], padding=(row_padding, col_padding))
            for col, col_padding in enumerate((before, after))
        ]
        for row, row_padding in enumerate((before, after))
    ]
    interleaved = jnp.stack([jnp.stack(row, axis=3) for row in phases], axis=2)
    return interleaved.reshape(images, 2 * rows, 2 * cols, -1)
