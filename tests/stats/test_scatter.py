"""The scatter of modes is a monoid, and that of NumPy in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from tests.helpers import normal

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZE = (3, 4, 5)


def _activations():
    # The mean is a hundred deviations from 0, and places differ in scale.
    scale = np.float32(10.0) ** np.linspace(-1, 1, 5, dtype=np.float32)
    return (np.asarray(normal(0, (20, *_SIZE))) + 100) * scale


def _seen(x, weights=None):
    weights = np.ones(len(x), np.float32) if weights is None else weights
    return stats.Seen(jnp.asarray(x), jnp.asarray(weights), jnp.arange(len(x)))


def _of(x, weights=None):
    return stats.zero_scatter(*_SIZE).update(_seen(x, weights))


def _wide(leaf):
    leaf = np.asarray(leaf)
    return leaf.astype(np.int64 if leaf.dtype.kind == "i" else np.float64)


def _assert_equal(found, x):
    x = np.asarray(x, np.float64)
    assert int(found.num_images) == len(x)
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-6)
    for axis, mode in enumerate(stats.MODES, start=1):
        flat = np.moveaxis(x - x.mean(axis=0), axis, 0).reshape(x.shape[axis], -1)
        want = flat @ flat.T / len(x)
        # About a mean of a hundred deviations, float32 rounds a deviation by 1e-5.
        scale = np.sqrt(np.outer(np.diag(want), np.diag(want)))
        assert (abs(found.scatter(mode) - want) <= 2e-5 * scale).all()


def test_one_batch_is_that_of_numpy():
    x = _activations()
    _assert_equal(_of(x), x)


@pytest.mark.parametrize("cuts", [(1,), (7, 8, 19), (10, 10)])
def test_merge_order_and_grouping_do_not_matter(cuts):
    x = _activations()
    parts = [_of(part) for part in np.split(x, cuts) if len(part)]
    zero = stats.zero_scatter(*_SIZE)
    merge = lambda a, b: a.merge(b)
    _assert_equal(functools.reduce(merge, [zero, *parts]), x)
    _assert_equal(functools.reduce(merge, [*parts[::-1], zero]), x)
    last = functools.reduce(merge, parts[1:])
    _assert_equal(parts[0].merge(last), x)


def test_batches_one_after_the_other_are_those_of_numpy():
    # Means that differ by more than images do: what lies between them is most of it.
    x = (
        _activations()
        * np.repeat(np.float32([1, 2, 4]), (7, 1, 12))[:, None, None, None]
    )
    found = stats.zero_scatter(*_SIZE)
    for part in np.split(x, (7, 8)):
        found = found.update(_seen(part))
    _assert_equal(found, x)


def test_merging_numpy_arrays_is_in_64_bits():
    x = _activations()
    parts = [jax.tree.map(_wide, _of(part)) for part in np.split(x, 4)]
    merged = functools.reduce(lambda a, b: a.merge(b), parts)
    assert {leaf.dtype for leaf in jax.tree.leaves(merged)} == {
        np.dtype(np.int64),
        np.dtype(np.float64),
    }
    _assert_equal(merged, x)


def test_merging_numpy_arrays_keeps_what_float32_rounded():
    rounded = jax.tree.map(lambda leaf: np.full_like(leaf, 2**-30), _of(_activations()))
    products = {
        mode: part._replace(high=np.ones_like(part.high))
        for mode, part in rounded.products.items()
    }
    part = jax.tree.map(_wide, rounded._replace(products=products))
    for found in part.merge(part).products.values():
        np.testing.assert_array_equal(found.value(), 2 + 2**-29)


def test_images_that_pad_a_batch_do_not_count():
    x = _activations()
    padded = np.concatenate([x, np.full((3, *_SIZE), np.nan, np.float32)])
    weights = np.float32([1] * len(x) + [0] * 3)
    _assert_equal(_of(padded, weights), x)
    nothing = _of(padded[-3:], weights[-3:])
    assert not any(np.any(leaf) for leaf in jax.tree.leaves(nothing))
    _assert_equal(_of(x).merge(nothing), x)


def test_only_the_modes_asked_for_are_gathered():
    zero = stats.zero_scatter(*_SIZE, modes=("col",))
    assert {*zero.products} == {"col"}
    assert zero.scatter("col").shape == (4, 4)
