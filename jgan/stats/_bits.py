"""Floats as whole numbers in the same order.

The bits of a float32, with the sign's meaning undone, sort as the floats do. Their
upper half is a bfloat16; the lower half tells the rest.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped, UInt32

NUM_HALVES = 2**16
_SIGN = np.uint32(0x8000_0000)


def ordered_bits(values: Float[Array, "*n"]) -> UInt32[Array, "*n"]:
    """Returns a whole number for each float32, larger where the float is.

    Minus zero counts as zero.
    """
    values = jnp.where(values == 0, 0.0, values.astype(jnp.float32))
    bits = jax.lax.bitcast_convert_type(values, jnp.uint32)
    negative = bits >= _SIGN
    return jnp.where(negative, ~bits, bits | _SIGN)


def halves(
    values: Float[Array, "*n"],
) -> tuple[Int[Array, "*n"], Int[Array, "*n"]]:
    """Returns upper and lower 16 of the ordered bits."""
    bits = ordered_bits(values)
    return (bits >> 16).astype(jnp.int32), (bits & 0xFFFF).astype(jnp.int32)


def float_of(
    upper: Shaped[np.ndarray, "*n"], lower: Shaped[np.ndarray, "*n"]
) -> Float[np.ndarray, "*n"]:
    """Returns the float32 of two halves; not a number where they are none's."""
    bits = (np.asarray(upper, np.uint32) << 16) | np.asarray(lower, np.uint32)
    bits = np.where(bits >= _SIGN, bits ^ _SIGN, ~bits)
    return bits.astype(np.uint32).view(np.float32)
