"""Losses against plain loops, what they are at their ends, and slopes of dead units."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import metrics
from jgan.interpretable import (
    DEAD,
    Groups,
    exclusivity_loss,
    group_centers,
    locality_loss,
    partition_loss,
    similarity_loss,
)
from jgan.interpretable._descriptors import normalized_maps

pytestmark = pytest.mark.usefixtures("unoptimized")

_IMAGES, _SIDE, _COMPONENTS = 3, 4, 5
_NUMBERS = np.array([1, 0, 1, DEAD, 0, 1, 2])
_REST = np.zeros((_SIDE, _SIDE, len(_NUMBERS)), np.float32)


def _groups(numbers=_NUMBERS, num_groups=3):
    alive = numbers != DEAD
    inside = np.eye(num_groups)[np.maximum(numbers, 0)] * alive[:, None]
    soft = (0.8 * inside + 0.2 / num_groups) * alive[:, None]
    return Groups(
        jnp.asarray(numbers, jnp.int32),
        jnp.float32(soft),
        jnp.float32([0.5, 0.3, 0.2][:num_groups]),
        jnp.float32([0.1, 0.2, 0.4][:num_groups]),
        jnp.float32(_COMPONENTS),
    )


def _maps(seed=0):
    shape = (_IMAGES, _SIDE, _SIDE, len(_NUMBERS))
    drawn = jax.random.normal(jax.random.key(seed), shape)
    drawn = jnp.where(jnp.asarray(_NUMBERS == DEAD)[None, None, None], 0.0, drawn)
    return normalized_maps(drawn, _REST)


def _unit(maps, unit):
    return np.asarray(maps, np.float64)[..., unit]


def test_centers_are_means_by_shares():
    maps, groups = _maps(), _groups()
    shares = np.asarray(groups.shares, np.float64)
    for group in range(3):
        want = sum(shares[u, group] * _unit(maps, u) for u in range(len(_NUMBERS)))
        got = group_centers(maps, groups.shares)[..., group]
        np.testing.assert_allclose(got, want / shares[:, group].sum(), atol=1e-6)


def test_the_partition_loss_is_the_mixture_s_density_unit_by_unit():
    maps, groups = _maps(), _groups()
    centers = np.asarray(group_centers(maps, groups.shares), np.float64)
    unlikely = []
    for unit in np.flatnonzero(_NUMBERS != DEAD):
        density = 0.0
        for group in range(3):
            square = np.square(_unit(maps, unit) - centers[..., group]).sum() / _IMAGES
            variance = float(groups.variances[group])
            density += (
                float(groups.weights[group])
                * np.exp(-0.5 * square / variance)
                * variance ** (-_COMPONENTS / 2)
            )
        unlikely.append(-np.log(density) / _COMPONENTS)
    got = partition_loss(maps, groups)
    np.testing.assert_allclose(got, np.mean(unlikely), rtol=1e-5)


def test_exclusivity_is_the_cosine_between_groups():
    maps, groups = _maps(), _groups()
    cosines = []
    for image in range(_IMAGES):
        mean = [
            np.mean(
                [_unit(maps, u)[image].ravel() for u in np.flatnonzero(k == _NUMBERS)],
                axis=0,
            )
            for k in range(3)
        ]
        unit = [m / np.linalg.norm(m) for m in mean]
        cosines += [unit[k] @ unit[j] for k, j in itertools.permutations(range(3), 2)]
    got = exclusivity_loss(maps, groups)
    np.testing.assert_allclose(got, np.mean(cosines), rtol=1e-5)


def test_similarity_is_the_share_of_likeness_within_groups():
    maps, groups = _maps(), _groups()
    alive = np.flatnonzero(_NUMBERS != DEAD)
    likeness = lambda i, j: (
        np.corrcoef(_unit(maps, i).ravel(), _unit(maps, j).ravel())[0, 1] + 1
    )
    shares = []
    for group in range(3):
        members = np.flatnonzero(group == _NUMBERS)
        own = sum(likeness(i, j) for i in members for j in members)
        shares.append(own / sum(likeness(i, j) for i in members for j in alive))
    got = similarity_loss(maps, groups)
    np.testing.assert_allclose(got, -np.mean(shares), rtol=1e-5)


def _apart():
    """Maps of units that are one with their group, each group in a row of its own."""
    rows = np.maximum(_NUMBERS, 0)
    maps = np.zeros((_IMAGES, _SIDE, _SIDE, len(rows)), np.float32)
    for unit, row in enumerate(rows):
        if _NUMBERS[unit] != DEAD:
            maps[:, row, :, unit] = 1 + np.arange(_SIDE) + np.arange(_IMAGES)[:, None]
    return normalized_maps(maps, _REST)


def test_groups_that_are_one_and_apart_cost_nothing_and_mixed_ones_do():
    groups = _groups()
    assert float(exclusivity_loss(_apart(), groups)) == pytest.approx(0, abs=1e-6)
    mixed = groups._replace(numbers=jnp.roll(groups.numbers, 1))
    assert float(exclusivity_loss(_apart(), mixed)) > 0.3
    assert float(partition_loss(_apart(), groups)) < float(
        partition_loss(_apart(), mixed)
    )
    assert float(similarity_loss(_apart(), groups)) < float(
        similarity_loss(_apart(), mixed)
    )


@pytest.mark.parametrize("loss", ["partition", "exclusivity", "similarity"])
def test_slopes_are_finite_where_units_are_dead_and_groups_empty(loss):
    losses = {
        "partition": partition_loss,
        "exclusivity": exclusivity_loss,
        "similarity": similarity_loss,
    }
    numbers = np.where(_NUMBERS == 2, DEAD, _NUMBERS)
    groups = _groups(numbers)
    activation = jnp.where(
        jnp.asarray(numbers == DEAD)[None, None, None], 0.0, _maps() + 0.1
    )
    slope = jax.grad(lambda x: losses[loss](normalized_maps(x, _REST), groups))(
        activation
    )
    assert np.isfinite(slope).all()
    assert np.abs(slope).max() > 0
    np.testing.assert_array_equal(slope[..., numbers == DEAD], 0)


def test_units_that_are_apart_are_pulled_together():
    """Also where a unit is not active yet: what is at rest there has a slope."""
    activation = jnp.zeros((1, 1, 4, 2)).at[0, 0, 0, 0].set(1).at[0, 0, 3, 1].set(1)
    activation = activation.at[0, 0, 0, 1].set(0.05)
    groups = _groups(np.array([0, 0]), 1)
    slope = jax.grad(
        lambda x: partition_loss(
            normalized_maps(x, np.zeros((1, 4, 2), np.float32)), groups
        )
    )(activation)
    assert slope[0, 0, 0, 1] < -1e-3
    below = activation.at[0, 0, 0, 1].set(-0.05)
    mirrored = jax.grad(
        lambda x: partition_loss(
            normalized_maps(x, np.zeros((1, 4, 2), np.float32)), groups
        )
    )(below)
    np.testing.assert_allclose(mirrored[0, 0, 0, 1], -slope[0, 0, 0, 1], rtol=1e-5)


def test_how_strongly_units_are_active_does_not_matter():
    groups, activation = _groups(), _maps() + 0.05
    gains = jnp.float32([1, 3, 1e-3, 1, 200, 0.1, 7])[None, None, None]
    for loss in (partition_loss, exclusivity_loss, similarity_loss):
        np.testing.assert_allclose(
            loss(normalized_maps(activation, _REST), groups),
            loss(normalized_maps(gains * activation, _REST), groups),
            rtol=1e-5,
        )


def test_locality_is_that_of_a_swap_and_bounded():
    keys = jax.random.split(jax.random.key(2), 3)
    images, swapped = (jax.random.uniform(k, (3, 8, 8, 3)) for k in keys[:2])
    # Fewer pixels inside than outside, in each image others.
    region = jax.random.uniform(keys[2], (3, 8, 8)) < jnp.float32(0.3)
    ratio = metrics.locality(np.asarray(images), np.asarray(swapped), region)
    got = float(locality_loss(images, swapped, region))
    assert got == pytest.approx(ratio / (1 + ratio), rel=1e-5)
    within = jnp.where(region[..., None], swapped, images)
    outside = jnp.where(region[..., None], images, swapped)
    assert float(locality_loss(images, within, region)) == 0
    assert float(locality_loss(images, outside, region)) == pytest.approx(1)


@pytest.mark.parametrize("everywhere", [True, False])
def test_locality_without_a_change_or_a_region_has_finite_slopes(everywhere):
    images = jax.random.uniform(jax.random.key(0), (2, 4, 4, 3))
    region = jnp.full((2, 4, 4), everywhere)
    for swapped in (images, images + 0.1):
        value, slope = jax.value_and_grad(locality_loss, 1)(images, swapped, region)
        assert np.isfinite(slope).all()
        changed = swapped is not images
        assert float(value) == pytest.approx(float(changed and not everywhere))
