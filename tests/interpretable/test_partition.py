"""Descriptors against plain ones, planted groups, and numbers that stay."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from jgan.interpretable import (
    Descriptors,
    choose_num_groups,
    describe_units,
    partition_units,
)
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._partition import silhouette
from jgan.metrics import adjusted_rand_index
from tests.interpretable import planted

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZES = {"num_images": 40, "batch_size": 8}


@functools.cache
def _described(seed=0, **sizes):
    options = _SIZES | {"num_components": 16} | sizes
    return describe_units(
        planted.grouped_gan(), planted.LAYER, **options, key=jax.random.key(seed)
    )


@functools.cache
def _partition(seed=0):
    return partition_units(
        _described(), num_groups=5, num_starts=16, key=jax.random.key(seed)
    )


def _rand(groups, labels):
    shape = (1, 1, len(labels))
    return adjusted_rand_index(np.reshape(groups, shape), np.reshape(labels, shape))[0]


def test_distances_are_those_of_maps_one_after_the_other():
    gan = planted.grouped_gan()
    found = _described(num_components=100)
    latents = gan.sample_latents(40, key=jax.random.key(0))
    maps = np.asarray(gan.forward(gan.params, latents)[1][planted.LAYER])
    maps = np.abs(maps - found.rest)
    alive = planted.groups() >= 0
    np.testing.assert_array_equal(found.alive, alive)
    lengths = np.sqrt(np.square(np.float64(maps)).sum(axis=(1, 2), keepdims=True))
    maps = maps / np.where(lengths > 0, lengths, 1)
    long = np.moveaxis(maps, 3, 0)[alive].reshape(alive.sum(), -1)
    distances = lambda x: np.linalg.norm(x[:, None] - x[None], axis=2)
    # Of means over images.
    want = distances(long) / np.sqrt(40)
    np.testing.assert_allclose(distances(found.points), want, atol=1e-3)
    assert found.explained == pytest.approx(1.0)
    assert _described(num_components=3).explained < 0.95


@pytest.mark.parametrize("batch_size", [3, 40])
def test_descriptors_are_those_of_any_batch_size(batch_size):
    other, mine = _described(batch_size=batch_size), _described()
    products = lambda points: points @ points.T
    np.testing.assert_allclose(products(other.points), products(mine.points), atol=1e-5)


def test_maps_have_length_1_however_small_and_zeros_stay():
    maps = [jnp.eye(4), 1e-25 * jnp.eye(4), 3 - jnp.eye(4), jnp.full((4, 4), 5.0)]
    rest = np.full((4, 4, 4), [0, 0, 3, 5], np.float32)
    found = normalized_maps(jnp.stack(maps, axis=-1)[None], rest)
    for unit in range(3):
        np.testing.assert_allclose(found[0, ..., unit], np.eye(4) / 2, rtol=1e-6)
    np.testing.assert_array_equal(found[0, ..., 3], 0)


def test_planted_groups_are_recovered_and_dead_units_told():
    found = _partition()
    assert _rand(found.groups, planted.groups()) == 1.0
    assert found.num_dead == planted.NUM_DEAD
    sizes = np.bincount(found.groups[found.groups >= 0])
    assert sizes.tolist() == sorted(planted.SIZES, reverse=True)
    np.testing.assert_array_equal(
        found.shares.argmax(axis=1)[found.groups >= 0],
        found.groups[found.groups >= 0],
    )
    np.testing.assert_allclose(found.shares.sum(axis=1), found.groups >= 0, atol=1e-5)
    # The mixture's groups have the same numbers.
    points = _described().points
    nearest = np.square(points[:, None] - np.asarray(found.fit.mixture.means)[None])
    np.testing.assert_array_equal(
        nearest.sum(axis=2).argmin(axis=1), found.groups[found.groups >= 0]
    )


def test_groups_keep_their_numbers():
    before = _partition()
    swapped = np.where(before.groups >= 0, 4 - before.groups, -1)
    found = partition_units(
        _described(), num_groups=5, num_starts=16, like=swapped, key=jax.random.key(3)
    )
    np.testing.assert_array_equal(found.groups, swapped)
    assert found.layer == planted.LAYER


def test_other_images_choose_the_planted_number_of_groups():
    found = choose_num_groups(
        _described(),
        _described(seed=1),
        candidates=(2, 4, 5, 7, 10),
        num_starts=16,
        key=jax.random.key(0),
    )
    assert found.best == 5
    assert found.num_groups == (2, 4, 5, 7, 10)
    assert found.silhouettes[2] == found.silhouettes.max() > 0.5


def test_the_silhouette_is_that_of_scikit_learn():
    draw = np.random.default_rng(0)
    points, groups = draw.normal(size=(30, 4)), draw.integers(0, 4, 30)
    groups[0] = 9
    want = sklearn.metrics.silhouette_score(points, groups)
    assert silhouette(points, groups) == pytest.approx(want, abs=1e-12)
    assert silhouette(points, np.zeros(30, int)) == 0.0


def test_what_cannot_be_described_or_partitioned_is_refused():
    gan = planted.grouped_gan()
    with pytest.raises(ValueError, match="no layer 'other'"):
        describe_units(gan, "other", **_SIZES, key=jax.random.key(0))
    with pytest.raises(ValueError, match="num_components is 0"):
        _described(num_components=0)
    dead = gan.params | {"gain": 0 * gan.params["gain"]}
    with pytest.raises(
        ValueError, match="None of the 30 units is anything but constant"
    ):
        describe_units(
            dataclasses.replace(gan, params=dead),
            planted.LAYER,
            **_SIZES,
            key=jax.random.key(0),
        )
    with pytest.raises(ValueError, match="num_groups is 28; 27 points make 1 to 27"):
        partition_units(_described(), num_groups=28, key=jax.random.key(0))
    with pytest.raises(ValueError, match="like has 30 units in groups up to 4"):
        partition_units(
            _described(), num_groups=4, like=_partition().groups, key=jax.random.key(0)
        )
    with pytest.raises(ValueError, match=r"candidates are \(1, 4\)"):
        choose_num_groups(
            _described(), _described(), candidates=(1, 4), key=jax.random.key(0)
        )
    assert isinstance(_described(), Descriptors)
