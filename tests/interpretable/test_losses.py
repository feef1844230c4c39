"""Losses against plain loops, what they are at their ends, and slopes of dead units."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.interpretable import (
    DEAD,
    Groups,
    exclusivity_loss,
    group_centers,
    ownership_loss,
    partition_loss,
    rest_of,
    similarity_loss,
)
from jgan.interpretable._descriptors import normalized_maps

pytestmark = pytest.mark.usefixtures("unoptimized")

_IMAGES, _SIDE, _COMPONENTS = 3, 4, 5
_NUMBERS = np.array([1, 0, 1, DEAD, 0, 1, 2])
_REST = np.zeros(len(_NUMBERS), np.float32)


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


def test_ownership_is_the_share_that_lies_elsewhere():
    maps, groups = _maps(), _groups()
    squares = np.square(np.asarray(maps, np.float64))
    members = [np.flatnonzero(_NUMBERS == group) for group in range(3)]
    centers = np.stack(
        [np.asarray(maps)[..., own].mean(axis=-1) for own in members], axis=-1
    )
    owners = np.square(centers) / np.square(centers).sum(axis=-1, keepdims=True)
    lost = []
    for group, own in enumerate(members):
        for unit, image in itertools.product(own, range(_IMAGES)):
            kept = (squares[image, ..., unit] * owners[image, ..., group]).sum()
            lost.append(1 - kept)
    assert len(lost) == _IMAGES * (_NUMBERS != DEAD).sum()
    got = float(ownership_loss(maps, groups))
    assert got == pytest.approx(np.mean(lost), rel=1e-5)
    assert 0.3 < got < 0.8


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
    assert float(ownership_loss(_apart(), groups)) == pytest.approx(0, abs=1e-6)
    assert float(ownership_loss(_apart(), mixed)) > 0.3
    assert float(partition_loss(_apart(), groups)) < float(
        partition_loss(_apart(), mixed)
    )
    assert float(similarity_loss(_apart(), groups)) < float(
        similarity_loss(_apart(), mixed)
    )


@pytest.mark.parametrize(
    "loss", ["partition", "exclusivity", "similarity", "ownership"]
)
def test_slopes_are_finite_where_units_are_dead_and_groups_empty(loss):
    losses = {
        "partition": partition_loss,
        "exclusivity": exclusivity_loss,
        "similarity": similarity_loss,
        "ownership": ownership_loss,
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
        lambda x: partition_loss(normalized_maps(x, np.zeros(2, np.float32)), groups)
    )(activation)
    assert slope[0, 0, 0, 1] < -1e-3
    below = activation.at[0, 0, 0, 1].set(-0.05)
    mirrored = jax.grad(
        lambda x: partition_loss(normalized_maps(x, np.zeros(2, np.float32)), groups)
    )(below)
    np.testing.assert_allclose(mirrored[0, 0, 0, 1], -slope[0, 0, 0, 1], rtol=1e-5)


def test_the_rest_is_the_median():
    # Most of the first unit is off its mean, and the second is constant.
    activation = jnp.exp(2 * jax.random.normal(jax.random.key(3), (5, 6, 7, 3)))
    activation = activation.at[..., 1].set(4.0)
    got = np.asarray(rest_of(activation))
    flat = np.asarray(activation).reshape(-1, 3)
    # Halved twelve times; and the median is half way between two of 210 values.
    np.testing.assert_array_less(
        np.abs(got - np.median(flat, axis=0)), np.ptp(flat, axis=0) / 2**12 + 0.05
    )
    assert got[1] == pytest.approx(4.0)
    assert np.abs(got - flat.mean(axis=0))[[0, 2]].min() > 1


def test_a_unit_that_is_shifted_everywhere_gains_nothing():
    """Off a rest that stays it would: all its maps would be alike."""
    groups, activation = _groups(), _maps() + 0.05

    def cost(shift, rest):
        moved = activation + shift[None, None, None]
        return partition_loss(normalized_maps(moved, rest(moved)), groups)

    shift = jnp.zeros(len(_NUMBERS))
    found = jax.grad(cost)(shift, rest_of)
    still = jax.grad(cost)(shift, lambda _: jnp.full(len(_NUMBERS), 0.05))
    np.testing.assert_allclose(found, 0, atol=1e-6)
    assert np.abs(still).max() > 1e-2
    np.testing.assert_allclose(
        cost(shift, rest_of), cost(shift + 3, rest_of), rtol=1e-4
    )


def test_how_strongly_units_are_active_does_not_matter():
    groups, activation = _groups(), _maps() + 0.05
    gains = jnp.float32([1, 3, 1e-3, 1, 200, 0.1, 7])[None, None, None]
    for loss in (
        partition_loss,
        exclusivity_loss,
        similarity_loss,
        ownership_loss,
    ):
        np.testing.assert_allclose(
            loss(normalized_maps(activation, _REST), groups),
            loss(normalized_maps(gains * activation, _REST), groups),
            rtol=1e-5,
        )
