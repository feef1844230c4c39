"""Winograd's convolution of 3 x 3 weights: four products for each pixel, not nine.

Lavin and Gray (2016), F(2 x 2, 3 x 3). Two pixels of a row are two sums of three
products, of four pixels that come in: six products, of which four suffice, because
those of what the pixels have in common are taken once. The same along columns. What is
left is one matrix product for each of the sixteen, which is what a processor does best.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._interleave import interleave


def winograd_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution of `x`, padded with zeros to keep its rows and columns.

    Rounding is no worse than that of nine products, as each sum is a ninth as long. A
    pixel that is not finite spoils the squares of 2 x 2 that it reaches, not its
    neighbors alone.

    Args:
        x: Activation.
        kernel: Weights.
    """
    _, rows, cols, _ = x.shape
    margins = ((0, 0), (1, 1 + rows % 2), (1, 1 + cols % 2), (0, 0))
    along_rows = zip(*[_of_kernel(kernel[:, col]) for col in range(3)], strict=True)
    weights = [_of_kernel(jnp.stack(triple)) for triple in along_rows]

    # Recomputed in the backward pass: the transformed map is four times as large.
    @jax.checkpoint
    def one(
        weights: list[list[Float[Array, "unit_in unit_out"]]],
        padded: Float[Array, "padded_row padded_col unit_in"],
    ) -> Float[Array, "even_row even_col unit_out"]:
        return _square_by_square(padded[None], weights)[0]

    # One image at a time, whose sixteen maps stay in the cache: a tenth faster.
    y = jax.lax.map(lambda padded: one(weights, padded), jnp.pad(x, margins))
    return y[:, :rows, :cols]


def _square_by_square(
    x: Float[Array, "image row col unit_in"], weights: list[list[Array]]
) -> Float[Array, "image row_out col_out unit_out"]:
    images, rows, cols, units = x.shape

    # Two pixels beside each other as one of twice the units: slices without a stride.
    pairs = x.reshape(images, rows // 2, 2, cols // 2, 2 * units)

    def seen_from(row: int, col: int) -> Array:
        # Of each square of 2 x 2 pixels out, one of the 4 x 4 that come in.
        half = pairs[:, :, row % 2, :, (col % 2) * units : (col % 2 + 1) * units]
        below, right = row // 2, col // 2
        return half[:, below : below + rows // 2 - 1, right : right + cols // 2 - 1]

    along_cols = [_of_pixels(*[seen_from(i, j) for j in range(4)]) for i in range(4)]
    places = [_of_pixels(*column) for column in zip(*along_cols, strict=True)]
    products = [[places[j][i] @ weights[i][j] for i in range(4)] for j in range(4)]
    along_rows = [_of_products(*column) for column in products]
    phases = [_of_products(*row) for row in zip(*along_rows, strict=True)]
    # In one piece with the sums before it, it compiles for twice as long.
    return interleave(jax.lax.optimization_barrier(phases))


def _of_pixels(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    return [a - c, b + c, c - b, b - d]


def _of_kernel(kernel: Float[Array, "3 ..."]) -> list[Array]:
    a, b, c = kernel
    return [a, (a + b + c) / 2, (a - b + c) / 2, c]


def _of_products(a: Array, b: Array, c: Array, d: Array) -> list[Array]:
    return [a + b + c, b - c - d]
