"""3 x 3 convolutions of stride 2, transposed or not, as TensorFlow or PyTorch pads.

With zeros between the pixels of a map, or every second pixel left out, a kernel of odd
side has no middle: TensorFlow's ``SAME`` puts it one pixel further than PyTorch's
``padding=1``. Weights of one are wrong for the other by that pixel.
"""

import functools
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import Op, bilinear, on_cpu
from jgan.ops._conv import check_implementation
from jgan.ops._convolve import in_groups
from jgan.ops._xla_conv import turned_xla_conv, xla_conv

Implementation = Literal["reference", "products"]

# Rows above and below the map with zeros between its pixels: so many that the last of
# the kernel falls on the first pixel, or its middle.
_SPREAD = {"tensorflow": (2, 1), "pytorch": (1, 2)}
# Rows above and below a map of which every second pixel is kept.
_KEPT = {"tensorflow": (0, 1), "pytorch": (1, 1)}
# Rows that PyTorch's maps begin further down.
_FIRST = {"tensorflow": 0, "pytorch": 1}


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
    rows = _SPREAD[padding]
    return xla_conv(x, kernel, padding=(rows, rows), spread=2)


def _spread_products(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    padding: str,
) -> Float[Array, "image row_out col_out unit_out"]:
    images, rows, cols, unit_in = x.shape
    unit_out = kernel.shape[3]
    # Places in the order in which a pixel's products fall on the map of twice the size.
    matrix = kernel[::-1, ::-1].transpose(2, 0, 1, 3).reshape(unit_in, -1)
    products = (x.reshape(-1, unit_in) @ matrix).reshape(images, rows, cols, -1)
    # Of each of three rows, a pixel's own two columns, and the first of the next.
    parts = jax.lax.split(products, [2 * unit_out, unit_out] * 3, axis=3)
    own, next_ = parts[::2], parts[1::2]
    upper, middle, lower = (
        _padded(two, cols=(0, 1)) + _padded(one, cols=(1, 0), units=(0, unit_out))
        for two, one in zip(own, next_, strict=True)
    )
    even = _padded(upper, rows=(0, 1)) + _padded(lower, rows=(1, 0))
    odd = _padded(middle, rows=(0, 1))
    both = jnp.stack([even, odd], axis=2)
    whole = both.reshape(images, 2 * rows + 2, 2 * cols + 2, unit_out)
    first = _FIRST[padding]
    return whole[:, first : first + 2 * rows, first : first + 2 * cols]


def _padded(
    x: Float[Array, "image row col unit"],
    *,
    rows: tuple[int, int] = (0, 0),
    cols: tuple[int, int] = (0, 0),
    units: tuple[int, int] = (0, 0),
) -> Float[Array, "image row_out col_out unit_out"]:
    return jnp.pad(x, ((0, 0), rows, cols, units))


@functools.cache
def _spread(padding: str) -> Op:
    products = functools.partial(_spread_products, padding=padding)
    by_xla = functools.partial(_spread_by_xla, padding=padding)
    rows = _SPREAD[padding]
    turned = functools.partial(turned_xla_conv, padding=(rows, rows), spread=2)
    of_kernel = on_cpu(functools.partial(in_groups, products), by_xla)
    return bilinear(products, of_x=turned, of_kernel=of_kernel)


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
            the derivative of the products: of 32 maps of 64 x 64 pixels and 16 units,
            the one takes a fourth of the other forward, and half as long again
            backward.

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
    rows = _KEPT[padding]
    return xla_conv(x, kernel, padding=(rows, rows), stride=2)


@functools.cache
def _strided(padding: str) -> Op:
    by_xla = functools.partial(_strided_by_xla, padding=padding)
    products = functools.partial(_strided_products, padding=padding)
    return bilinear(
        by_xla,
        of_x=on_cpu(products, by_xla),
        of_kernel=on_cpu(functools.partial(in_groups, products), by_xla),
    )


def _strided_products(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "3 3 unit_in unit_out"],
    padding: str,
) -> Float[Array, "image row_out col_out unit_out"]:
    images, rows, cols, units = x.shape
    first = _FIRST[padding]
    padded = _padded(x, rows=(first, 2 - first), cols=(first, 2 - first))
    pairs = padded.reshape(images, rows // 2 + 1, 2, cols // 2 + 1, 2 * units)
    seen = [
        part
        for row in (pairs[:, :-1, 0], pairs[:, :-1, 1], pairs[:, 1:, 0])
        for part in (row[:, :, :-1], row[:, :, 1:, :units])
    ]
    pixels = jnp.concatenate(seen, axis=3).reshape(-1, 9 * units)
    # Turned, because its gradient's product is faster with the smaller side first.
    matrix = kernel.reshape(9 * units, -1).T
    total = jnp.einsum("pi,oi->po", pixels, matrix)
    return total.reshape(images, rows // 2, cols // 2, -1)


def _check(kernel: Array, padding: str, implementation: str | None) -> None:
    check_implementation(implementation, Implementation)
    if padding not in _SPREAD:
        raise ValueError(f"There is no padding {padding!r}: {[*_SPREAD]}.")
    if kernel.shape[:2] != (3, 3):
        raise ValueError(f"The kernel has shape {kernel.shape}, not 3 x 3 pixels.")
