"""3 x 3 convolutions of stride 2, transposed or not, as TensorFlow or PyTorch pads.

With zeros between the pixels of a map, or every second pixel left out, a kernel of odd
side has no middle: TensorFlow's ``SAME`` puts it one pixel further than PyTorch's
``padding=1``. Weights of one are wrong for the other by that pixel.
"""

import functools
import operator
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import Op, bilinear, on_cpu
from jgan.ops._conv import check_implementation, products
from jgan.ops._interleave import interleave

Implementation = Literal["reference", "products"]

# Rows above and below the map with zeros between its pixels: so many that the last of
# the kernel falls on the first pixel, or its middle.
_SPREAD = {"tensorflow": (2, 1), "pytorch": (1, 2)}
# Rows above and below a map of which every second pixel is kept.
_KEPT = {"tensorflow": (0, 1), "pytorch": (1, 1)}


def transposed_conv_3x3(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    *,
    padding: str,
    implementation: Implementation | None = None,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns a map of twice the rows and columns.

    Args:
        x: Activation.
        kernel: Weights, as a convolution on the zero-spread map applies them: those of
            a transposed convolution flipped in both directions.
        padding: ``"tensorflow"`` is ``conv2d_transpose`` with ``SAME``; ``"pytorch"``
            is ``ConvTranspose2d(…, 3, 2, padding=1, output_padding=1)``.
        implementation: ``"reference"`` is XLA's convolution of a dilated input.
            ``"products"`` multiplies each pixel by the whole kernel and adds up what
            falls on the same place: a quarter of the multiplications. None takes the
            products, and with respect to `x` the derivative of XLA's.

    Raises:
        ValueError: If the kernel is not 3 x 3, or a name unknown.
    """
    _check(kernel, padding, implementation)
    if implementation == "reference":
        return _spread_by_xla(x, kernel, padding)
    if implementation == "products":
        return _spread_products(x, kernel, padding)
    return _spread(padding)(x, kernel)


def _spread_by_xla(x: Array, kernel: Array, padding: str) -> Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (1, 1),
        (_SPREAD[padding],) * 2,
        lhs_dilation=(2, 2),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _spread_products(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    padding: str,
) -> Float[Array, "image row_out col_out unit_out"]:
    placed = products(x, kernel).reshape(*x.shape[:3], 3, 3, kernel.shape[3])
    rows = _phases(placed, 1, padding)
    return interleave([_phases(row, 2, padding) for row in rows])


@functools.cache
def _spread(padding: str) -> Op:
    products = functools.partial(_spread_products, padding=padding)
    by_xla = functools.partial(_spread_by_xla, padding=padding)
    return bilinear(products, of_x=by_xla, of_kernel=on_cpu(products, by_xla))


def _phases(
    placed: Float[Array, "image row col place *rest"], axis: int, padding: str
) -> list[Float[Array, "image row col *rest"]]:
    """Returns what falls on even and on odd pixels of one axis.

    Args:
        placed: Products with the kernel's places along that axis, third from the back.
        axis: The axis, 1 or 2.
        padding: As above.
    """
    first, middle, last = (placed[:, :, :, place] for place in range(3))
    if padding == "tensorflow":
        return [last + _moved(first, axis, 1), middle]
    return [middle, first + _moved(last, axis, -1)]


def _moved(x: Float[Array, "image row col *rest"], axis: int, by: int) -> Array:
    """Returns the map moved by one pixel along an axis, and zeros where it was."""
    pad = [(0, 0)] * x.ndim
    pad[axis] = (1, 0) if by > 0 else (0, 1)
    kept = slice(0, -1) if by > 0 else slice(1, None)
    index = tuple(kept if i == axis else slice(None) for i in range(x.ndim))
    return jnp.pad(x[index], pad)


def strided_conv_3x3(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    *,
    padding: str,
    implementation: Implementation | None = None,
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns a map of half the rows and columns.

    Args:
        x: Activation, of even rows and columns.
        kernel: Weights.
        padding: ``"tensorflow"`` is ``SAME``, which pads after the map alone;
            ``"pytorch"`` is ``padding=1``.
        implementation: ``"reference"`` is XLA's convolution. ``"products"`` multiplies
            what falls on each place of the kernel by it. None takes XLA's, and on CPU
            the derivative of the products: of 64 maps of 64 x 64 pixels and 16 units,
            the one takes a fourth of the other forward, and twice as long backward.

    Raises:
        ValueError: If the kernel is not 3 x 3, the map odd, or a name unknown.
    """
    _check(kernel, padding, implementation)
    _, rows, cols, _ = x.shape
    if rows % 2 or cols % 2:
        raise ValueError(f"The map has {rows} x {cols} pixels; both must be even.")
    if implementation == "reference":
        return _strided_by_xla(x, kernel, padding)
    if implementation == "products":
        return _strided_products(x, kernel, padding)
    return _strided(padding)(x, kernel)


def _strided_by_xla(x: Array, kernel: Array, padding: str) -> Array:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (2, 2),
        (_KEPT[padding],) * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


@functools.cache
def _strided(padding: str) -> Op:
    by_xla = functools.partial(_strided_by_xla, padding=padding)
    either = on_cpu(functools.partial(_strided_products, padding=padding), by_xla)
    return bilinear(by_xla, of_x=either, of_kernel=either)


def _strided_products(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    padding: str,
) -> Float[Array, "image row_out col_out unit_out"]:
    images, rows, cols, units = x.shape
    apart = x.reshape(images, rows // 2, 2, cols // 2, 2, units)
    seen = [
        both
        for row in _seen([apart[:, :, 0], apart[:, :, 1]], 1, padding)
        for both in _seen([row[:, :, :, 0], row[:, :, :, 1]], 2, padding)
    ]
    pixels = [place.reshape(-1, units) for place in seen]
    matrices = kernel.reshape(9, units, -1)
    terms = [a @ b for a, b in zip(pixels, matrices, strict=True)]
    total = functools.reduce(operator.add, terms)
    return total.reshape(images, rows // 2, cols // 2, -1)


def _seen(
    phases: list[Float[Array, "image row col *rest"]], axis: int, padding: str
) -> list[Float[Array, "image row col *rest"]]:
    """Returns what the three places of the kernel see, from even and odd pixels."""
    even, odd = phases
    if padding == "tensorflow":
        return [even, odd, _moved(even, axis, -1)]
    return [_moved(odd, axis, 1), even, odd]


def _check(kernel: Array, padding: str, implementation: str | None) -> None:
    check_implementation(implementation, Implementation)
    if padding not in _SPREAD:
        raise ValueError(f"There is no padding {padding!r}: {[*_SPREAD]}.")
    if kernel.shape[:2] != (3, 3):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 3 x 3 pixels.")
