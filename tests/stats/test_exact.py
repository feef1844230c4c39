"""Sums of two floats against whole numbers, which round nothing."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from jgan.stats import _exact

_moments = jax.jit(stats.moments_of)
_update = jax.jit(lambda total, seen: total.update(seen))


def _samples(offset, spread, shape=(6, 100, 5)):
    """Multiples of 2^-8, of which 600 are no whole number of groups."""
    x = offset + spread * np.random.default_rng(0).standard_normal(shape)
    return np.round(x * 2**8).astype(np.int64)


def _whole(total, scale):
    """A sum of two floats as a whole number of multiples, if it is one."""
    parts = [np.asarray(part, np.float64) * scale for part in total]
    whole = [part.astype(np.int64) for part in parts]
    for part, same in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(part, same)
    return sum(whole)


@pytest.mark.parametrize(
    ("offset", "spread"), [(0, 1), (0.1, 3), (30, 1), (-90, 2), (100, 60)]
)
def test_activations_of_few_bits_are_not_rounded(offset, spread):
    x = _samples(offset, spread)
    taps, ones = jnp.asarray(x / 2**8, jnp.float32), jnp.ones((6,))
    got = _moments(taps, ones)
    np.testing.assert_array_equal(_whole(got.total, 2**8), x.sum(axis=(0, 1)))
    squares = (x**2).sum(axis=(0, 1))
    # Sums of squares, of more than 24 bits: float32 would round them.
    assert (squares > 2**24).all()
    np.testing.assert_array_equal(_whole(got.squares, 2**16), squares)
    seen = stats.Seen(taps.reshape(6, 10, 10, 5), ones, jnp.arange(6))
    got = _update(stats.zero_covariance(5), seen)
    flat = x.reshape(-1, 5)
    np.testing.assert_array_equal(_whole(got.products, 2**16), flat.T @ flat)


@pytest.mark.parametrize("ratio", [0, 10, 1000, 4000])
def test_units_far_from_zero_keep_their_digits(ratio):
    x = ratio + jax.random.normal(jax.random.key(0), (16, 16, 16, 6))
    x = x.at[..., 1].add(x[..., 0] - ratio).at[:, :, :, 2].set(5 * ratio)
    seen = stats.Seen(x, jnp.ones((16,)), jnp.arange(16))
    got = functools.reduce(_update, [seen] * 3, stats.zero_covariance(6))
    pixels = np.asarray(x, np.float64).reshape(-1, 6)
    want = np.cov(pixels.T, bias=True)
    scale = np.sqrt(np.outer(*[np.diag(want)] * 2))
    # The origin is within 2^-8 of the largest, in which pieces round 2^-32 of squares.
    bound = 2.0**-32 * (5 + ratio / 2**8) ** 2 * np.maximum(scale, 1)
    assert (np.abs(got.covariance() - want) <= bound + 1e-12 * ratio**2).all()
    assert (np.abs(got.mean - pixels.mean(0)) <= 1e-9 * (1 + ratio)).all()


def test_many_sums_keep_48_bits():
    terms = np.random.default_rng(1).lognormal(0, 8, (1000, 3)).astype(np.float32)
    terms[::3] *= -1
    got = jax.jit(_exact.exact_sum)(jnp.asarray(terms)).value()
    want = terms.astype(np.float64).sum(axis=0)
    assert (np.abs(got - want) <= 2.0**-44 * np.abs(terms).max(axis=0)).all()


def test_products_keep_what_their_factors_have():
    high = np.float32(2**23 + 1)
    pair = _exact.ExactSum(jnp.full(1, high), jnp.full(1, 0.375))
    got = jax.jit(lambda a, b: a.times(b))(pair, jnp.full(1, 257.0))
    assert got.value() == (2**23 + 1.375) * 257
    count = jax.jit(_exact.exact_count)(jnp.full(1, 2**31 - 1))
    assert count.value() == 2**31 - 1


@pytest.mark.parametrize("exponent", range(-38, -29))
def test_units_near_the_smallest_float_have_a_mean(exponent):
    spread = np.random.default_rng(0).standard_normal((6, 100, 5))
    taps = jnp.asarray(10.0**exponent * spread, jnp.float32)
    want = np.asarray(taps, np.float64).reshape(-1, 5).mean(axis=0)
    # Remainders below the smallest normal float are flushed.
    atol = float(np.finfo(np.float32).tiny)
    got = _moments(taps, jnp.ones((6,)))
    np.testing.assert_allclose(got.mean, want, rtol=1e-7, atol=atol)
    assert np.isfinite(got.variance).all()
    seen = stats.Seen(taps.reshape(6, 10, 10, 5), jnp.ones((6,)), jnp.arange(6))
    got = _update(stats.zero_covariance(5), seen)
    np.testing.assert_allclose(got.mean, want, rtol=1e-7, atol=atol)
    assert np.isfinite(got.covariance()).all()


def test_samples_much_smaller_than_the_origin_keep_their_digits():
    two = jnp.asarray([0.0055, 0.98], jnp.float32).reshape(1, 2, 1)
    got = _moments(two, jnp.ones((1,)))
    assert got.mean == np.asarray(two, np.float64).mean()
    rng = np.random.default_rng(0)
    small = np.minimum(rng.lognormal(-5, 2, (6, 100, 5)), 1)
    taps = np.where(rng.random(small.shape) < 0.5, 0.98, small).astype(np.float32)
    pixels = taps.astype(np.float64).reshape(-1, 5)
    got = _moments(jnp.asarray(taps), jnp.ones((6,)))
    # Of the largest, which is about 1, and of its square.
    assert (np.abs(got.mean - pixels.mean(axis=0)) <= 2.0**-33).all()
    squares = got.squares.value() / len(pixels)
    assert (np.abs(squares - (pixels**2).mean(axis=0)) <= 2.0**-32).all()
    activation = jnp.asarray(taps).reshape(6, 10, 10, 5)
    seen = stats.Seen(activation, jnp.ones((6,)), jnp.arange(6))
    got = _update(stats.zero_covariance(5), seen)
    assert (np.abs(got.mean - pixels.mean(axis=0)) <= 2.0**-33).all()
    want = np.cov(pixels.T, bias=True)
    assert (np.abs(got.covariance() - want) <= 2.0**-32).all()
