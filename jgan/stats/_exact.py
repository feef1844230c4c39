"""Sums whose order does not matter: two float32 where one would round.

A program has no 64 bits, and a float32 sum of a million pixels depends on how they were
grouped: by batches, devices and processes. Here a sum is a pair of floats that do not
overlap (Dekker, 1971), and samples are split into pieces so short that products and
their sums over a few pixels are exact. What is rounded is some 2^-33 of the largest
deviation in sums, and 2^-32 of its square in sums of products; activations of 16 bits
or less below the largest are not rounded at all.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

# Bits of the largest sample in the first piece. Products of two such pieces have twice
# that and, with the sign and a deviation of up to twice the sample, 18; of 24 bits,
# that leaves a sum over 2^6.
_BITS = 8
GROUP = 64
# What a factor may have, so that it times half a float32 is exact.
_HALF = np.uint32(0xFFFFF000)
# Of a program, or of the host.
_Floats = Array | np.ndarray


class ExactSum(NamedTuple):
    """An unevaluated sum of two floats, of which the second is what the first rounded.

    Attributes:
        high: The sum, rounded.
        low: What that leaves out.
    """

    high: Float[Array | np.ndarray, "*shape"]
    low: Float[Array | np.ndarray, "*shape"]

    def plus(self, other: "ExactSum") -> "ExactSum":
        """Returns the sum of both, in 48 bits, or 106 on the host."""
        total, left = _two_sum(self.high, other.high)
        return _pair(total, left + (self.low + other.low))

    def plus_rounded(self, other: Float[_Floats, "*shape"]) -> "ExactSum":
        """Returns the sum of this and of numbers that have no second float."""
        total, left = _two_sum(self.high, other)
        return _pair(total, left + self.low)

    def times(self, factor: Float[Array, "*shape"]) -> "ExactSum":
        """Returns the product with float32 numbers of 12 significant bits or fewer."""
        parts = []
        for part in self:
            half = _half(jnp.asarray(part))
            parts += [half * factor, (part - half) * factor]
        most, *others = (ExactSum(part, jnp.zeros_like(part)) for part in parts)
        for other in others:
            most = most.plus(other)
        return most

    def value(self) -> Float[np.ndarray, "*shape"]:
        """Returns the sum in float64."""
        return np.asarray(self.high, np.float64) + np.asarray(self.low, np.float64)


def zero_sum(*shape: int) -> ExactSum:
    """Returns the sum of nothing."""
    zeros = jnp.zeros(shape, jnp.float32)
    return ExactSum(zeros, zeros)


def exact_sum(terms: Float[Array, "term ..."]) -> ExactSum:
    """Returns the sum over the first axis, of float32."""
    sums = ExactSum(terms, jnp.zeros_like(terms))
    while len(sums.high) > 1:
        half = len(sums.high) // 2
        pairs = [
            jax.tree.map(lambda x, i=i, half=half: x[i * half : (i + 1) * half], sums)
            for i in range(2)
        ]
        rest = jax.tree.map(lambda x, half=half: x[2 * half :], sums)
        sums = jax.tree.map(
            lambda x, y: jnp.concatenate([x, y]), pairs[0].plus(pairs[1]), rest
        )
    return ExactSum(sums.high[0], sums.low[0])


def exact_count(count: Int[Array, "*shape"]) -> ExactSum:
    """Returns an int32 as a sum."""
    low = count & 0xFFF
    return _pair((count - low).astype(jnp.float32), low.astype(jnp.float32))


class Pieces(NamedTuple):
    """Samples as ``origin + high + low``, in groups; 0 for those that do not count.

    Attributes:
        origin: Near the mean of each unit, of few bits.
        high: Whole multiples of a power of two, of few bits.
        low: The remainder, at most half of that power, rounded to float32.
    """

    origin: Float[Array, " unit"]
    high: Float[Array, "group sample unit"]
    low: Float[Array, "group sample unit"]

    def sums(self) -> ExactSum:
        """Returns the sum of the deviations from the origin."""
        return exact_sum(self.high.sum(axis=1)).plus(exact_sum(self.low.sum(axis=1)))


def split(
    samples: Float[Array, "image sample unit"], counts: Bool[Array, " image"]
) -> Pieces:
    """Returns float32 samples in pieces, as deviations from about their mean."""
    units = samples.shape[2]
    kept = jnp.where(counts[:, None, None], samples, 0.0).reshape(-1, units)
    num_samples = jnp.maximum(counts.sum() * samples.shape[1], 1)
    _, exponent = jnp.frexp(jnp.abs(kept).max(axis=0))
    step = jnp.ldexp(jnp.ones((units,), jnp.float32), exponent - _BITS)
    # A step below it would be flushed to 0, and a sample over 0 times 0 is no number.
    step = jnp.maximum(step, jnp.finfo(jnp.float32).tiny)
    rounded = lambda x, step: jnp.round(x / step) * step
    origin = rounded(kept.sum(axis=0) / num_samples.astype(jnp.float32), step)
    # Of samples much smaller than the origin, the difference rounds the last bits.
    differences = _two_sum(samples, -origin[None, None, :])
    padding = (0, -len(kept) % GROUP)

    def grouped(x: _Floats) -> Array:
        x = jnp.where(counts[:, None, None], x, 0.0).reshape(-1, units)
        return jnp.pad(x, (padding, (0, 0))).reshape(-1, GROUP, units)

    deviations, left = (grouped(x) for x in differences)
    high = rounded(deviations, step[None, None, :])
    return Pieces(origin, high, (deviations - high) + left)


def _half(x: Array) -> Array:
    """Returns the upper 12 bits of a float32, so that what is left has 12, too."""
    bits = jax.lax.bitcast_convert_type(x, jnp.uint32) & _HALF
    return jax.lax.bitcast_convert_type(bits, jnp.float32)


def _two_sum(a: _Floats, b: _Floats) -> tuple[_Floats, _Floats]:
    """Returns the rounded sum, and what it leaves out, exactly (Knuth, 1969)."""
    total = a + b
    added = total - a
    return total, (a - (total - added)) + (b - added)


def _pair(larger: _Floats, smaller: _Floats) -> ExactSum:
    total = larger + smaller
    return ExactSum(total, smaller - (total - larger))
