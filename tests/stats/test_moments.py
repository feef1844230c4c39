"""Streaming statistics against NumPy, and the laws that streaming relies on."""

import functools

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from jgan import stats

_ONES = jnp.ones((8,), jnp.float32)


def _activations(seed=0):
    # Far from zero on purpose: a sum-of-squares accumulator fails this, ours must not.
    return 100.0 + jax.random.normal(jax.random.key(seed), (8, 3, 5, 4))


def _close(got, want):
    for a, b in ((got.pixels, want.pixels), (got.images, want.images)):
        assert a.num_samples == b.num_samples
        np.testing.assert_allclose(a.mean, b.mean, rtol=1e-9)
        # Means of images have 24 bits, of which a sum over other shapes rounds some.
        np.testing.assert_allclose(a.variance, b.variance, rtol=1e-6)
    _same_bits([got.active, got.maximum], [want.active, want.maximum])


def _same_bits(got, want):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_matches_numpy_in_float64(dtype):
    x = _activations().astype(dtype)
    got = jax.jit(stats.statistics_of)(x, _ONES)
    want = np.asarray(x, np.float64)
    pixels, images = want.reshape(-1, 4), want.mean((1, 2))
    # Of 100 and of the square of its deviations, 2^-32 is rounded.
    np.testing.assert_allclose(got.pixels.mean, pixels.mean(0), rtol=1e-9)
    np.testing.assert_allclose(stats.unit_std(got.pixels), pixels.std(0), rtol=1e-7)
    # Means of float32 near 100 are rounded to 1e-5, a part in 1e4 of their spread.
    np.testing.assert_allclose(stats.unit_std(got.images), images.std(0), rtol=2e-4)
    np.testing.assert_array_equal(got.maximum, pixels.max(0))
    np.testing.assert_array_equal(got.active_fraction, 1.0)


def test_active_fraction_counts_pixels_above_zero_only():
    x = jnp.array([-1.0, 0.0, 2.0, 3.0]).reshape(1, 2, 2, 1)
    got = stats.statistics_of(x, jnp.ones((1,)))
    np.testing.assert_array_equal(got.active_fraction, 0.5)


@functools.cache
def _eight_images():
    x, one = _activations(), jnp.ones((1,))
    of = jax.jit(stats.statistics_of)
    return [of(x[i : i + 1], one) for i in range(8)], of(x, _ONES)


# Draw orders and cuts, never shapes: every new shape is a new compilation.
@hypothesis.given(order=st.permutations(range(8)), cut=st.integers(0, 8))
def test_merge_order_and_grouping_do_not_matter(order, cut):
    images, want = _eight_images()
    merge = jax.jit(lambda a, b: a.merge(b))
    fold = lambda indices: functools.reduce(
        merge, (images[i] for i in indices), stats.zero_statistics(4)
    )
    _close(merge(fold(order[:cut]), fold(order[cut:])), want)


def test_merging_with_nothing_changes_nothing():
    _, some = _eight_images()
    _same_bits(some.merge(stats.zero_statistics(4)), some)
    _same_bits(stats.zero_statistics(4).merge(some), some)


def test_an_image_of_no_weight_leaves_no_trace():
    x = _activations().at[5:].set(1e6)
    weights = _ONES.at[5:].set(0.0)
    of = jax.jit(stats.statistics_of)
    _close(of(x, weights), of(x[:5], _ONES[:5]))


def test_unseen_and_constant_units_have_zero_deviation():
    np.testing.assert_array_equal(stats.unit_std(stats.zero_moments(2)), 0.0)
    constant = stats.moments_of(jnp.full((2, 4, 2), 7.0), jnp.ones((2,)))
    np.testing.assert_array_equal(stats.unit_std(constant), 0.0)


@functools.cache
def _constants():
    """Those of few bits and of many, large and small, and next to a power of two.

    Of the last, what is left of a sample of few bits is largest.
    """
    rng = np.random.default_rng(0)
    some = np.exp(rng.uniform(-40, 20, 1000)) * rng.choice([-1, 1], 1000)
    near = 1 + np.arange(1, 2**10) * 2.0**-17
    return jnp.asarray(np.concatenate([[0, 0.1, 0.3, 7], some, near]), jnp.float32)


@pytest.mark.parametrize("samples", [1, 3, 63, 64, 500])
def test_constants_that_rounding_touches_have_zero_deviation(samples):
    value = _constants()
    x = jnp.broadcast_to(value, (2, samples, len(value)))
    of, merge = jax.jit(stats.moments_of), jax.jit(stats.merge_moments)
    batch = of(x, jnp.ones((2,)))
    np.testing.assert_array_equal(stats.unit_std(batch), 0.0)
    total = functools.reduce(merge, [batch] * 100)
    np.testing.assert_array_equal(stats.unit_std(total), 0.0)
    padded = merge(of(x, jnp.array([1.0, 0.0])), stats.zero_moments(len(value)))
    np.testing.assert_array_equal(stats.unit_std(padded), 0.0)


@pytest.mark.parametrize("ratio", [1000, 4000, 60000])
def test_a_small_deviation_far_from_zero_is_kept(ratio):
    x = jax.random.normal(jax.random.key(0), (4, 500, 5)) + ratio
    want = np.asarray(x, np.float64).reshape(-1, 5).std(axis=0)
    got = stats.unit_std(jax.jit(stats.moments_of)(x, jnp.ones((4,))))
    # At most 2^-35 of the square is rounded, and on average far less.
    np.testing.assert_allclose(got, want, rtol=2.0**-42 * ratio**2)
