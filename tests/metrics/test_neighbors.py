"""Precision and recall against a comparison of all pairs: equal, not nearly equal."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from jgan import metrics


def _brute_force(real, generated, k):
    real, generated = (x.astype(np.float64) for x in (real, generated))
    distances = lambda a, b: np.array([[((x - y) ** 2).sum() for y in b] for x in a])

    def radii(features):
        within = distances(features, features)
        others = [np.delete(row, i) for i, row in enumerate(within)]
        return np.array([np.sort(row)[k - 1] for row in others])

    covered = lambda queries, features: np.mean(
        (distances(queries, features) <= radii(features)[None, :]).any(axis=1)
    )
    return covered(generated, real), covered(real, generated)


def _assert_equal(real, generated, k):
    got = metrics.precision_recall(real, generated, k=k)
    assert got == _brute_force(real, generated, k)
    return got


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_features_equal_brute_force(k, dtype):
    rng = np.random.default_rng(k)
    real = rng.standard_normal((60, 5)).astype(dtype)
    generated = (0.7 * rng.standard_normal((50, 5)) + 0.3).astype(dtype)
    got = _assert_equal(real, generated, k)
    assert 0 < got.recall < got.precision <= 1


def _ties(kind, rng):
    """Sets in which an image lies exactly on the radius of another, or nearly so."""
    # Seven digits that no binary fraction holds, in a dimension that BLAS unrolls.
    real = np.round(rng.standard_normal((40, 33)), 7)
    others = np.round(rng.standard_normal((40, 33)), 7)
    generated = np.concatenate([real[:20], others[20:]])
    if kind == "far":
        return real + 1e4, generated + 1e4
    if kind == "last digits":
        return real, np.nextafter(generated, np.inf)
    if kind == "lattice":
        return tuple(rng.integers(0, 3, (40, 3)).astype(float) for _ in range(2))
    if kind == "duplicates":
        return np.repeat(real[:8], 5, axis=0), np.repeat(generated[:10], 4, axis=0)
    if kind == "one image":
        return np.repeat(real[:1], 40, axis=0), np.repeat(real[:1], 40, axis=0)
    return real, generated


@pytest.mark.parametrize("small_blocks", [False, True])
@pytest.mark.parametrize(
    "kind", ["shared", "far", "last digits", "lattice", "duplicates", "one image"]
)
def test_ties_equal_brute_force(kind, small_blocks, monkeypatch):
    if small_blocks:  # Several rows, not all, and pairs that a block cuts in two.
        monkeypatch.setattr("jgan.metrics._neighbors._BLOCK_FLOATS", 300)
    for seed in range(5):
        real, generated = _ties(kind, np.random.default_rng(seed))
        _assert_equal(real, generated, 1 + seed)


@hypothesis.given(
    seed=st.integers(0, 2**32), k=st.integers(1, 4), mantissa=st.booleans()
)
def test_any_sizes_equal_brute_force(seed, k, mantissa):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(k + 1, 25, 2)
    num_features = rng.integers(1, 12)
    scale = 10.0 ** rng.integers(-6, 6)
    pool = scale * rng.standard_normal((12, num_features))
    real, generated = (pool[rng.integers(0, 12, size)] for size in sizes)
    if mantissa:
        generated = generated * (1 + np.finfo(np.float64).eps)
    _assert_equal(real, generated, int(k))


def test_known_sets_have_known_shares():
    line = np.arange(10.0)[:, None]
    assert metrics.precision_recall(line, line) == (1, 1)
    assert metrics.precision_recall(line, line + 100) == (0, 0)
    # A generator of one thing: all of it is real, and it is two of ten images wide.
    one_thing = np.linspace(4.0, 5.0, 8)[:, None]
    assert metrics.precision_recall(line, one_thing, k=1) == (1, 0.2)
    # On the radius counts as near.
    assert metrics.precision_recall(line, np.array([[10.0], [20.0]]), k=1).precision
    assert not metrics.precision_recall(
        line, np.array([[10.01], [20.0]]), k=1
    ).precision


@pytest.mark.parametrize(
    ("real", "generated", "k", "message"),
    [
        (np.ones((5, 2)), np.ones((3, 2)), 3, "more than k images, .*5 real and 3 gen"),
        (np.ones((5, 2)), np.ones((5, 2)), 0, "k is 0; it takes at least 1"),
        (np.ones((5, 2)), np.ones((5, 3)), 3, "2 real and 3 generated"),
        (np.full((5, 2), np.nan), np.ones((5, 2)), 3, "The real features of 5 images"),
    ],
)
def test_sets_without_neighbors_are_refused(real, generated, k, message):
    with pytest.raises(ValueError, match=message):
        metrics.precision_recall(real, generated, k=k)
