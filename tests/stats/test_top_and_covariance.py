"""Top images and covariances against NumPy, and their laws."""

import functools

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from jgan import stats

_update = jax.jit(lambda total, seen: total.update(seen))
_merge = jax.jit(lambda a, b: a.merge(b))
ZEROS = {"top": stats.zero_top(4, num_images=3), "covariance": stats.zero_covariance(4)}


@functools.cache
def _activations():
    # Far from zero, where a sum of products loses its digits; peaks that are equal.
    x = 100.0 + jax.random.normal(jax.random.key(0), (8, 3, 5, 4))
    return x.at[2, 0, 0, 1].set(110.0).at[6, 1, 1, 1].set(110.0)


def _seen(x, numbers, weights=None):
    weights = jnp.ones((len(x),)) if weights is None else weights
    return stats.Seen(x, weights, jnp.asarray(numbers, jnp.int32))


@functools.cache
def _images(kind):
    x = _activations()
    return [_update(ZEROS[kind], _seen(x[i : i + 1], [i])) for i in range(8)]


def test_top_is_a_sort_of_the_peaks():
    x = _activations()
    got = _update(ZEROS["top"], _seen(x, range(8)))
    peaks = np.asarray(x).max(axis=(1, 2))
    order = np.argsort(-peaks, axis=0, kind="stable")[:3].T
    np.testing.assert_array_equal(got.numbers, order)
    np.testing.assert_array_equal(got.peaks, np.take_along_axis(peaks.T, order, 1))
    # Of equal peaks, the lower number is first.
    assert got.numbers[1, :2].tolist() == [2, 6]


def test_places_without_an_image_are_marked():
    got = _update(ZEROS["top"], _seen(_activations()[:2], [5, 7]))
    assert (np.asarray(got.numbers)[:, 2] == -1).all()
    assert np.isneginf(np.asarray(got.peaks)[:, 2]).all()
    assert {*np.asarray(got.numbers)[:, :2].ravel()} == {5, 7}


def test_covariance_matches_numpy_in_float64():
    x = _activations()
    got = _update(ZEROS["covariance"], _seen(x, range(8)))
    pixels = np.asarray(x, np.float64).reshape(-1, 4)
    want = np.cov(pixels.T, bias=True)
    # Of the square of the largest deviation, which is 110, products round 2^-32.
    np.testing.assert_allclose(got.mean, pixels.mean(0), rtol=1e-9)
    np.testing.assert_allclose(got.covariance(), want, rtol=0, atol=1e-7)
    assert got.num_samples == len(pixels)


def _close(got, want):
    if isinstance(want, stats.UnitCovariance):
        got, want = ((x.num_samples, x.mean, x.covariance()) for x in (got, want))
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=2e-7)
    else:
        np.testing.assert_array_equal(got.numbers, want.numbers)
        np.testing.assert_array_equal(got.peaks, want.peaks)


# Draw orders and cuts, never shapes: every new shape is a new compilation.
@hypothesis.given(order=st.permutations(range(8)), cut=st.integers(0, 8))
def test_merge_order_and_grouping_do_not_matter(order, cut):
    x = _activations()
    for kind in ZEROS:
        images = _images(kind)
        fold = lambda numbers, kind=kind, images=images: functools.reduce(
            _merge, (images[i] for i in numbers), ZEROS[kind]
        )
        got = _merge(fold(order[:cut]), fold(order[cut:]))
        _close(got, _update(ZEROS[kind], _seen(x, range(8))))


def test_merging_numpy_arrays_is_the_same_in_64_bits():
    for kind in ZEROS:
        parts = [jax.tree.map(np.asarray, part) for part in _images(kind)]
        wide = jax.tree.map(lambda a: a.astype(np.float64), parts[0])
        got = functools.reduce(lambda a, b: a.merge(b), parts[1:], wide)
        assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(got)[1:])
        _close(got, _update(ZEROS[kind], _seen(_activations(), range(8))))


def test_padding_counts_for_nothing():
    x = _activations().at[5:].set(1e6)
    weights = jnp.ones((8,)).at[5:].set(0.0)
    for zero in ZEROS.values():
        padded = _update(zero, _seen(x, range(8), weights))
        _close(padded, _update(zero, _seen(x[:5], range(5))))
