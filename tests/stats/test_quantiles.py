"""Quantiles against NumPy's order statistics, and the floats as whole numbers."""

import functools

import hypothesis
import hypothesis.extra.numpy
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from jgan import stats
from jgan.stats._bits import float_of, halves

LEVELS = (0.0, 0.1, 0.5, 0.995, 1.0)
SHAPE = (12, 5, 7, 4)


def _relu(key):
    return jax.nn.relu(jax.random.normal(key, SHAPE))


def _leaky(key):
    return jax.nn.leaky_relu(jax.random.normal(key, SHAPE), 0.2)


def _bfloat16(key):
    return jax.random.normal(key, SHAPE).astype(jnp.bfloat16)


def _constant(key):
    return jnp.broadcast_to(jnp.asarray([-3.1, 1e-20, 0.3, 7e9], jnp.float32), SHAPE)


def _zero(key):
    # Minus zero is zero.
    return jnp.zeros(SHAPE).at[::2].set(-0.0)


def _huge(key):
    # Up to 3e38, of both signs, over many orders of magnitude.
    power = 38 * jax.random.uniform(key, SHAPE)
    return jnp.sign(jnp.sin(1e3 * power)) * jnp.exp(power * np.log(10.0))


def _close_together(key):
    # All in one bin of the first pass.
    return 1 + jax.random.uniform(key, SHAPE) * 2.0**-9


KINDS = [_relu, _leaky, _bfloat16, _constant, _zero, _huge, _close_together]


def _seen(x, weights=None):
    numbers = jnp.arange(len(x))
    weights = jnp.ones((len(x),)) if weights is None else weights
    return stats.Seen(x, weights, numbers)


_update = jax.jit(lambda total, seen: total.update(seen))


@functools.cache
def _passes(kind):
    x = kind(jax.random.key(1))
    first, second = stats.zero_quantiles(SHAPE[-1]), None
    for part in (x[:5], x[5:10], x[10:]):
        first = _update(first, _seen(part))
    second = first.refine(LEVELS)
    for part in (x[:5], x[5:10], x[10:]):
        second = _update(second, _seen(part))
    pixels = np.asarray(x, np.float32).reshape(-1, SHAPE[-1])
    want = np.quantile(pixels, LEVELS, axis=0, method="inverted_cdf")
    return first, second, want


@pytest.mark.parametrize("kind", KINDS)
def test_one_pass_is_within_the_bound(kind):
    first, _, want = _passes(kind)
    got = first.quantiles(LEVELS)
    assert (np.abs(got - want) <= stats.RELATIVE_ERROR * np.abs(want)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_two_passes_are_exact(kind):
    first, second, want = _passes(kind)
    np.testing.assert_array_equal(first.exact(LEVELS, second), want)


def test_the_bound_is_not_loose():
    first, _, want = _passes(_huge)
    error = np.abs(first.quantiles(LEVELS) - want) / np.abs(want)
    assert error.max() > stats.RELATIVE_ERROR / 4


def test_merging_is_adding_images():
    x = _leaky(jax.random.key(2))
    zero = stats.zero_quantiles(SHAPE[-1])
    whole = _update(zero, _seen(x))
    parts = _update(zero, _seen(x[8:])).merge(_update(zero, _seen(x[:8])))
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(a, b)


def test_padding_counts_for_nothing():
    x = _leaky(jax.random.key(3)).at[9:].set(1e30)
    weights = jnp.ones((12,)).at[9:].set(0.0)
    zero = stats.zero_quantiles(SHAPE[-1])
    padded, few = _update(zero, _seen(x, weights)), _update(zero, _seen(x[:9]))
    for a, b in zip(padded, few, strict=True):
        np.testing.assert_array_equal(a, b)
    again = _update(few.refine((0.5,)), _seen(x, weights))
    assert again.counts.sum() <= 9 * 35 * 4
    few.exact((0.5,), again)


def test_nothing_seen_has_no_quantile():
    zero = stats.zero_quantiles(2)
    assert np.isnan(zero.quantiles((0.5,))).all()
    assert np.isnan(zero.exact((0.5,), zero.refine((0.5,)))).all()


def test_a_second_pass_over_other_images_is_refused():
    x = _relu(jax.random.key(4))
    first = _update(stats.zero_quantiles(SHAPE[-1]), _seen(x))
    second = _update(first.refine((0.1,)), _seen(x[:11]))
    with pytest.raises(ValueError, match="did not see the pixels of the first"):
        first.exact((0.1,), second)


@pytest.mark.parametrize("levels", [(), (1.2,), (-0.1, 0.5)])
def test_levels_outside_are_refused(levels):
    with pytest.raises(ValueError, match=r"numbers in \[0, 1\]"):
        stats.zero_quantiles(2).quantiles(levels)


# XLA flushes denormal numbers to zero on some backends, so they are not drawn.
_FLOATS = hypothesis.extra.numpy.arrays(
    np.float32, 64, elements=st.floats(width=32, allow_nan=False, allow_subnormal=False)
)


@hypothesis.given(values=_FLOATS)
def test_bits_sort_as_floats_do(values):
    upper, lower = jax.jit(halves)(values)
    order = np.lexsort((np.asarray(lower), np.asarray(upper)))
    np.testing.assert_array_equal(values[order], np.sort(values))
    # As numbers: minus zero comes back as zero.
    np.testing.assert_array_equal(
        float_of(np.asarray(upper), np.asarray(lower)), values
    )
