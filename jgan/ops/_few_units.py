"""Large kernels to and from few units, two columns at a time.

XLA's convolution on CPU takes as long for 3 units out as for 16, and for 3 units in not
much less. Where few go in, a pair of columns is a pixel of twice the units, and each
pair is made of the pairs that it sees. Where few come out, what a kernel makes of a
pair is spread over those around: what is left is a convolution along columns, of eight
times the units out for kernels of 7 x 7. Those take half the time at 64 pixels.
"""

import functools
import operator
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.ops._bilinear import bilinear
from jgan.ops._column_pairs import both_places, in_pairs, seen
from jgan.ops._convolve import convolve_by_products
from jgan.ops._xla_conv import turned_xla_conv, xla_conv

# As many units as this are few.
FEW = 4
# At 64 pixels and 16 units, what 4 images make stays in a cache of 1 MB; 8 take half as
# long again. More than 8 groups would be much for the compiler.
_IMAGES = 4
_MOST_GROUPS = 8


def few_units_conv(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution of `x`, padded with zeros to keep its rows and columns.

    Args:
        x: Activation, of an even number of columns.
        kernel: Weights, of odd side, with `FEW` units in or out.
    """
    return (_few_out if kernel.shape[3] <= FEW else _few_in)(x, kernel)


def _seen_in_turn(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, `seen` of a few images at a time."""
    return _a_few_at_a_time(lambda few: seen(few, kernel), x)


def _spread(
    x: Float[Array, "image row col unit_in"],
    kernel: Float[Array, "side side unit_in unit_out"],
    *,
    along: Callable[..., Array] = xla_conv,
) -> Float[Array, "image row col unit_out"]:
    """Returns the convolution, from what each pair of columns gives to those around."""
    side, _, unit_in, unit_out = kernel.shape
    margin = side // 2
    mirrored = kernel[:, ::-1]
    wide = both_places(mirrored).transpose(0, 3, 2, 1, 4)
    wide = wide.reshape(side, 1, 2 * unit_in, (side + 1) * unit_out)

    def few(x: Array) -> Array:
        images, rows, cols, _ = x.shape
        given = along(in_pairs(x), wide, padding=((margin, margin), (0, 0)))
        parts = jax.lax.split(given, [2 * unit_out] * (margin + 1), axis=3)
        total = functools.reduce(
            operator.add,
            [
                jnp.pad(part, ((0, 0), (0, 0), (i, margin - i), (0, 0)))
                for i, part in enumerate(parts)
            ],
        )
        return total.reshape(images, rows, -1, unit_out)[:, :, margin : margin + cols]

    return _a_few_at_a_time(few, x)


def _a_few_at_a_time(few: Callable[[Array], Array], x: Array) -> Array:
    """Returns what `few` makes of all images, in turn.

    Not in a loop, whose derivative takes a third as long again.
    """
    size = max(_IMAGES, -(-len(x) // _MOST_GROUPS))
    starts = range(0, max(len(x), 1), size)
    return jnp.concatenate([few(x[first : first + size]) for first in starts])


def _by_products(x: Array, kernel: Array) -> Array:
    margin = len(kernel) // 2
    padding = ((margin, margin), (margin, margin))
    return convolve_by_products(x, kernel, padding=padding)


# Products, so that where a gradient's norm is penalized, its derivative is of them too;
# of what few units come from, the gradient is fast as a convolution.
_few_in = bilinear(_seen_in_turn, of_x=_by_products, of_kernel=_by_products)
_few_out = bilinear(
    _spread,
    of_x=functools.partial(_spread, along=turned_xla_conv),
    of_kernel=_by_products,
)
