"""Convolution of stride 1 that keeps the size of the map."""

import functools
import operator
from typing import Any, Literal, get_args

import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import on_cpu
from jgan.ops._convolve import convolve
from jgan.ops._few_units import FEW, few_units_conv
from jgan.ops._inside import inside_conv
from jgan.ops._two_columns import two_columns_conv
from jgan.ops._winograd import winograd_conv

Implementation = Literal[
    "reference", "im2col", "inside", "products", "winograd", "pairs", "columns"
]

# Up to here one matrix product over all pixels of all images beats XLA's convolution on
# CPU (by 1.1 at 8 images, by 2.7 at one); at 8 x 8 pixels it already loses.
_IM2COL_SIDE = 4
# From so many images on, leaving out what falls outside beats gathering it: by 1.25 at
# 16 images of 4 x 4 pixels and 512 units, by 1.4 at 32. At one image it loses by 1.4.
_INSIDE_IMAGES = 16
# XLA's convolution on CPU takes as long for 3 units out as for 16. At 64 units in and
# 128 pixels the products take a quarter of it for 3 x 3 kernels. For 7 x 7 they take
# twice as long, and their derivatives up to 20 times.
PRODUCTS_UNITS = 4
# From here on Winograd's form beats XLA's convolution on CPU: by 1.4 at 128 units, by 2
# at 512. At 64 it loses, and at 8 x 8 pixels there is nothing to gain.
_WINOGRAD_UNITS = 128
_WINOGRAD_SIDE = 16
# Up to 16 on both sides, XLA's convolution on CPU is its slower one. Up to here two
# columns at a time take 0.45 of its time where a device has one core, and 0.85 where it
# has two (16 images of 128 pixels, 4 of 256). At 16 they take 0.75 and 1.2 to 1.5: what
# they are made by gains less from a second core.
_TWO_COLUMNS_UNITS = 12
_OF_CPU = {
    "winograd": winograd_conv,
    "pairs": few_units_conv,
    "columns": two_columns_conv,
}
_OF_3_X_3 = {"winograd": "Winograd's form", "columns": "that of two columns"}
_OF_EVEN = ("pairs", "columns")


def conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
    *,
    implementation: Implementation | None = None,
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution of `x`, padded with zeros to keep its rows and columns.

    Args:
        x: Activation.
        kernel: Weights, of odd side.
        implementation: ``"reference"`` is XLA's convolution. ``"im2col"`` gathers each
            pixel's neighborhood and multiplies once. ``"inside"`` multiplies once for
            each place of the kernel, only the pixels that it falls on: 100 of 144 at
            3 x 3 and 4 x 4 pixels. ``"products"`` multiplies each pixel by the whole
            kernel and adds up what falls on the same place.
            ``"winograd"`` takes four products for each pixel instead of nine.
            ``"pairs"`` takes two columns for one of twice the units, where few go in
            or out, and ``"columns"`` does for kernels of 3 x 3, where at most 12 go in
            and at most 12 out. None takes what is known to be fastest.

    Raises:
        ValueError: If the kernel is no such square, or the implementation unknown, or
            if it is not 3 x 3 for ``"winograd"`` or ``"columns"``, or columns are odd
            for ``"pairs"`` or ``"columns"``.
    """
    check_implementation(implementation, Implementation)
    side, width, unit_in, unit_out = kernel.shape
    if side != width or side % 2 == 0:
        raise ValueError(f"The kernel is {side} x {width}; give a square of odd side.")
    if implementation in _OF_3_X_3 and side != 3:
        name = _OF_3_X_3[implementation]
        raise ValueError(f"The kernel is {side} x {side}; {name} takes 3 x 3.")
    if implementation in _OF_EVEN and x.shape[2] % 2:
        raise ValueError(f"The map has {x.shape[2]} columns; for pairs they are even.")
    form = implementation or _fastest(x, kernel)
    if form == "reference":
        return _by_xla(x, kernel)
    if form == "inside":
        return inside_conv(x, kernel)
    if form in _OF_CPU:
        if implementation is None:
            # Other devices come with their own.
            return on_cpu(_OF_CPU[form], _by_xla)(x, kernel)
        return _OF_CPU[form](x, kernel)
    images, rows, cols, _ = x.shape
    if form == "im2col":
        gathered = shifts(x, side=side)
        gathered = jnp.concatenate(gathered, axis=-1).reshape(images * rows * cols, -1)
        product = gathered @ kernel.reshape(side * side * unit_in, unit_out)
        return product.reshape(images, rows, cols, unit_out)
    shifted = shifts(products(x, kernel), side=side)
    return functools.reduce(
        operator.add,
        [
            moved[..., place * unit_out : (place + 1) * unit_out]
            for place, moved in enumerate(shifted)
        ],
    )


def check_implementation(implementation: str | None, known: Any) -> None:
    """Refuses the name of an implementation that an op does not have.

    Raises:
        ValueError: If it is not None and not one of the `Literal` `known`.
    """
    names = get_args(known)
    if implementation is not None and implementation not in names:
        raise ValueError(f"There is no implementation {implementation!r}: {names}.")


def _by_xla(x: Array, kernel: Array) -> Array:
    margin = len(kernel) // 2
    return convolve(x, kernel, ((margin, margin), (margin, margin)))


def _fastest(x: Array, kernel: Array) -> Implementation:
    side, _, unit_in, unit_out = kernel.shape
    if side == 1:
        # One matrix product; XLA's convolution takes up to five times as long on CPU.
        return "products"
    if max(x.shape[1:3]) <= _IM2COL_SIDE:
        return "im2col" if len(x) < _INSIDE_IMAGES else "inside"
    if side == 3 and unit_out <= PRODUCTS_UNITS:
        return "products"
    # In bfloat16 sums of sums would cost digits, or its speed was not measured.
    exact = x.dtype == jnp.float32
    paired = exact and x.shape[2] % 2 == 0
    if side > 3 and min(unit_in, unit_out) <= FEW and paired:
        return "pairs"
    if side == 3 and max(unit_in, unit_out) <= _TWO_COLUMNS_UNITS and paired:
        return "columns"
    many = min(unit_in, unit_out) >= _WINOGRAD_UNITS
    large = min(x.shape[1:3]) >= _WINOGRAD_SIDE
    if side == 3 and many and large and exact:
        return "winograd"
    return "reference"


def products(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "height width unit_in unit_out"],
) -> Float[Array, "image row col place_unit"]:
    """Returns each pixel times the kernel at each of its places, row by row."""
    height, width, unit_in, unit_out = kernel.shape
    matrix = kernel.transpose(2, 0, 1, 3).reshape(unit_in, height * width * unit_out)
    return (x.reshape(-1, unit_in) @ matrix).reshape(*x.shape[:3], -1)


def shifts(
    x: Float[Array, "image row col unit"], *, side: int
) -> list[Float[Array, "image row col unit"]]:
    """Returns `x` seen from each of the `side` x `side` pixels around, zero outside."""
    _, rows, cols, _ = x.shape
    margin = side // 2
    padded = jnp.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0)))
    return [
        padded[:, row : row + rows, col : col + cols]
        for row in range(side)
        for col in range(side)
    ]
