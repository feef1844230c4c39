"""Winograd's convolution of 3 x 3 weights: four products for each pixel, not nine.

Lavin and Gray (2016), F(2 x 2, 3 x 3). Two pixels of a row are two sums of three
products, of four pixels that come in: six products, of which four suffice, because
those of what the pixels have in common are taken once. The same along columns. What is
left is one matrix product for each of the sixteen, which is what a processor does best.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import bilinear
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
    return _differentiated(x, kernel)


def _in_place(x: Array, kernel: Array) -> Float[Array, "image row col unit_out"]:
    # One image at a time, whose sixteen maps stay in the cache: a tenth faster.
    if kernel.shape[2] != kernel.shape[3]:
        return _mapped(x, kernel)
    weights = _of_square(kernel)

    # In place of the image it is made of, which saves filling a map with zeros first.
    def replace(
        i: Array, maps: Float[Array, "image row col unit"]
    ) -> Float[Array, "image row col unit"]:
        image = jax.lax.dynamic_index_in_dim(maps, i, keepdims=False)
        convolved = _of_image(weights, image)
        return jax.lax.dynamic_update_index_in_dim(maps, convolved, i, 0)

    return jax.lax.fori_loop(0, len(x), replace, x)


def _mapped(x: Array, kernel: Array) -> Float[Array, "image row col unit_out"]:
    """Returns `winograd_conv`; its transpose makes each image's gradient once."""
    # Recomputed in the backward pass: the transformed map is four times as large.
    one = jax.checkpoint(_of_image)
    weights = _of_square(kernel)
    return jax.lax.map(lambda image: one(weights, image), x)


_differentiated = bilinear(_in_place, of_x=_mapped, of_kernel=_mapped)


def _of_square(kernel: Array) -> list[list[Float[Array, "unit_in unit_out"]]]:
    along_rows = zip(*[_of_kernel(kernel[:, col]) for col in range(3)], strict=True)
    return [_of_kernel(jnp.stack(triple)) for triple in along_rows]


def _of_image(
    weights: list[list[Array]], image: Float[Array, "row col unit_in"]
) -> Float[Array, "row col unit_out"]:
    rows, cols, _ = image.shape
    padded = jnp.pad(image, ((1, 1 + rows % 2), (1, 1 + cols % 2), (0, 0)))
    # Or each of the sixteen maps pads it again.
    padded = jax.lax.optimization_barrier(padded)
    return _square_by_square(padded[None], weights)[0, :rows, :cols]


def _square_by_square(
    x: Float[Array, "image padded_row padded_col unit_in"], weights: list[list[Array]]
) -> Float[Array, "image even_row even_col unit_out"]:
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
