"""K-means of pixels against plain Lloyd steps on features that are really enlarged."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.awareness import _clusters, _pixels
from jgan.ops import enlarge

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIDE = 12
# Smaller, of other proportions, twice of one size, and of the size of the image.
_SHAPES = [(3, 5, 4), (6, 6, 3), (3, 5, 2), (12, 12, 2), (1, 4, 3), (4, 1, 2)]


def _maps(seed=0, shapes=_SHAPES, mean=3.0):
    draw = np.random.default_rng(seed)
    return [jnp.float32(draw.normal(size=shape) + mean) for shape in shapes]


def _plain(maps, side=_SIDE):
    """Enlarged features in float64, one row for each pixel."""
    large = [np.asarray(enlarge(one, side, side), np.float64) for one in maps]
    return np.concatenate(large, axis=2).reshape(side * side, -1)


def plain_squares(points, centers):
    return np.square(points[:, None] - centers[None]).sum(axis=2)


def _plain_lloyd(points, pixels):
    centers, labels = points[pixels], None
    while True:
        distances = plain_squares(points, centers)
        before, labels = labels, distances.argmin(axis=1)
        if before is not None and (labels == before).all():
            return labels, distances.min(axis=1).sum()
        # Farthest first, one for each empty cluster in turn.
        farthest = iter(np.argsort(-distances.min(axis=1), kind="stable"))
        for i in range(len(centers)):
            inside = labels == i
            centers[i] = (
                points[inside].mean(axis=0) if inside.any() else points[next(farthest)]
            )


def test_features_are_those_of_enlarged_maps():
    maps = _maps()
    points, features = _plain(maps), _pixels.pixel_features(maps, side=_SIDE)
    points = points - points.mean(axis=0)
    got = np.asarray(features.squares).ravel()
    np.testing.assert_allclose(got, np.square(points).sum(axis=1), rtol=1e-5)
    # Norms, products and means tell all: of weighted sums of pixels, as centers are.
    weights = np.random.default_rng(1).uniform(size=(_SIDE, _SIDE, 3))
    centers = _pixels.sums(features, jnp.float32(weights))
    plain_centers = weights.reshape(-1, 3).T @ points
    np.testing.assert_allclose(
        _pixels.norms(centers), np.square(plain_centers).sum(axis=1), rtol=1e-5
    )
    # Sums of products in float32, to a few units in the last place of the largest.
    want = points @ plain_centers.T
    got = np.asarray(_pixels.dots(features, centers)).reshape(-1, 3)
    np.testing.assert_allclose(got, want, atol=1e-5 * abs(want).max())


def test_features_take_less_memory_than_the_maps_once_more():
    maps = [
        jax.ShapeDtypeStruct((side, side, units), jnp.float32)
        for side, units in ((64, 96), (32, 384), (16, 768))
    ]
    features = jax.jit(_pixels.pixel_features, static_argnames="side")
    compiled = features.lower(maps, side=64).compile()
    needed = compiled.memory_analysis().temp_size_in_bytes
    # It was 5 times the maps when all their neighbors were laid out.
    assert needed < sum(one.size * 4 for one in maps)


@pytest.mark.parametrize("num_clusters", [2, 3, 5])
def test_steps_are_those_of_plain_lloyd(num_clusters):
    maps, run = _maps(), jax.jit(_clusters.lloyd)
    features, points = _pixels.pixel_features(maps, side=_SIDE), _plain(maps)
    for seed in range(5):
        draw = np.random.default_rng(seed)
        pixels = draw.choice(len(points), num_clusters, replace=False)
        labels, inertia = _plain_lloyd(points, pixels)
        got = run(features, jnp.int32(pixels))
        np.testing.assert_array_equal(np.asarray(got.labels).ravel(), labels)
        np.testing.assert_allclose(got.inertia, inertia, rtol=1e-5)


def test_a_cluster_without_pixels_starts_anew_where_it_helps():
    maps = _maps()
    features, points = _pixels.pixel_features(maps, side=_SIDE), _plain(maps)
    # Three of four centers on one pixel: the first takes all, two are empty.
    pixels = np.array([5, 100, 5, 5])
    labels, inertia = _plain_lloyd(points, pixels)
    got = _clusters.lloyd(features, jnp.int32(pixels))
    assert len(np.unique(labels)) == 4
    np.testing.assert_array_equal(np.asarray(got.labels).ravel(), labels)
    np.testing.assert_allclose(got.inertia, inertia, rtol=1e-5)


def test_fewer_kinds_of_pixels_than_clusters(new_key):
    halves = jnp.zeros((4, 4, 1)).at[:, 1:].set(8.0)
    got = _clusters.cluster_pixels(
        _pixels.pixel_features([halves], side=4),
        num_clusters=4,
        num_starts=2,
        key=new_key(),
    )
    np.testing.assert_array_equal(got.labels, [[1, 0, 0, 0]] * 4)
    assert got.inertia == 0


def test_starts_are_drawn_by_their_squared_distance(new_key):
    # Pixels at 0, 1 and 3 on a line: from 0, the second is 1 or 3 as 1 to 9.
    line = jnp.float32([[0, 1], [3, 3]])[..., None]
    features = _pixels.pixel_features([line], side=2)
    draw = lambda key: _clusters.choose_starts(features, num_clusters=2, key=key)
    drawn = np.asarray(jax.jit(jax.vmap(draw))(jax.random.split(new_key(), 4000)))
    first, second = drawn.T
    shares = [np.mean(first == i) for i in range(4)]
    # Five standard deviations of a share of 4000, then of 1000.
    np.testing.assert_allclose(shares, 0.25, atol=5 * (0.19 / 4000) ** 0.5)
    after = [np.mean(second[first == 0] == i) for i in range(4)]
    wanted = np.array([0, 1, 9, 9]) / 19
    np.testing.assert_allclose(after, wanted, atol=5 * (0.25 / 1000) ** 0.5)
    assert after[0] == 0


def test_the_third_start_is_far_from_both_others(new_key):
    line = jnp.float32([[0, 0], [1, 9]])[..., None]
    features = _pixels.pixel_features([line], side=2)
    draw = lambda key: _clusters.choose_starts(features, num_clusters=3, key=key)
    drawn = np.asarray(jax.jit(jax.vmap(draw))(jax.random.split(new_key(), 100)))
    # Only the nearest start counts: of the two pixels at 0 one is enough.
    assert {
        tuple(sorted({0 if p < 2 else p for p in one})) for one in drawn.tolist()
    } == {(0, 2, 3)}


def test_the_best_start_is_kept_and_clusters_are_numbered_by_size(new_key):
    features, key = _pixels.pixel_features(_maps(), side=_SIDE), new_key()
    found = [
        _clusters.lloyd(
            features, _clusters.choose_starts(features, num_clusters=4, key=one)
        )
        for one in jax.random.split(key, 6)
    ]
    inertias = [float(one.inertia) for one in found]
    # Or there would be nothing to choose.
    assert max(inertias) > 1.01 * min(inertias)
    got = _clusters.cluster_pixels(features, num_clusters=4, num_starts=6, key=key)
    # Compiled with and without a map over starts.
    np.testing.assert_allclose(got.inertia, min(inertias), rtol=1e-5)
    sizes = np.bincount(np.asarray(got.labels).ravel(), minlength=4)
    assert (np.diff(sizes) <= 0).all()


def test_small_distances_keep_their_digits():
    # Two parts 1 apart, 1000 from zero: squares of float32 are right to 0.06 there.
    maps = [jnp.full((4, 4, 3), 1000.0).at[:, 2:].add(1.0)]
    features = _pixels.pixel_features(maps, side=4)
    got = _clusters.lloyd(features, jnp.int32([0, 1]))
    np.testing.assert_array_equal(got.labels, [[0, 0, 1, 1]] * 4)
    np.testing.assert_allclose(got.inertia, 0, atol=1e-4)
