"""EM against scikit-learn from the same start, planted groups, and its law."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.mixture

from jgan.interpretable import _mixture
from jgan.metrics import adjusted_rand_index


@functools.cache
def _planted(num_groups=5, dims=12, seed=0):
    """Points about centers, groups of different sizes and widths."""
    draw = np.random.default_rng(seed)
    centers = draw.normal(size=(num_groups, dims))
    sizes = draw.integers(12, 40, num_groups)
    widths = draw.uniform(0.1, 0.3, num_groups)
    labels = np.repeat(np.arange(num_groups), sizes)
    noise = draw.normal(size=(len(labels), dims)) * widths[labels, None]
    return np.float32(centers[labels] + noise), labels


def _start(points, num_groups, seed=0):
    draw = np.random.default_rng(seed)
    chosen = draw.choice(len(points), num_groups, replace=False)
    weights = draw.uniform(0.5, 1.5, num_groups)
    return _mixture.Mixture(
        weights=jnp.float32(weights / weights.sum()),
        means=jnp.asarray(points[chosen]),
        variances=jnp.float32(draw.uniform(0.3, 1.0, num_groups)),
    )


def _rand(groups, labels):
    """Adjusted Rand index, of what the metric takes for the pixels of one image."""
    shape = (1, 1, len(labels))
    return adjusted_rand_index(np.reshape(groups, shape), labels.reshape(shape))[0]


@pytest.mark.parametrize("num_steps", [1, 7, 60])
def test_steps_are_those_of_scikit_learn(num_steps):
    # Groups overlap, so that shares are no zeros and ones.
    points, _ = _planted()
    points = points * 0.4 + np.random.default_rng(3).normal(size=points.shape) * 0.3
    points = np.float32(points)
    start = _start(points, 5)
    got = _mixture.improve(
        jnp.asarray(points), start, num_steps=num_steps, least_variance=1e-6
    )
    theirs = sklearn.mixture.GaussianMixture(
        5,
        covariance_type="spherical",
        tol=0.0,
        reg_covar=0.0,
        max_iter=num_steps,
        weights_init=np.float64(start.weights) / np.float64(start.weights).sum(),
        means_init=np.float64(start.means),
        precisions_init=1 / np.float64(start.variances),
    )
    with pytest.warns(UserWarning, match="did not converge"):
        theirs.fit(np.float64(points))
    assert int(got.reseeded.sum()) == 0
    scale = np.abs(theirs.means_).max()
    np.testing.assert_allclose(got.mixture.means, theirs.means_, atol=1e-4 * scale)
    np.testing.assert_allclose(got.mixture.variances, theirs.covariances_, rtol=1e-4)
    np.testing.assert_allclose(got.mixture.weights, theirs.weights_, rtol=1e-4)
    want = theirs.score_samples(np.float64(points)).sum()
    assert float(got.log_likelihoods[-1]) == pytest.approx(want, rel=1e-5)


def test_planted_groups_are_found_by_64_starts_in_one_program():
    points, labels = _planted()
    fit = jax.jit(functools.partial(_mixture.fit_mixture, num_groups=5, num_starts=64))
    found = fit(jnp.asarray(points), key=jax.random.key(0))
    groups = _mixture.log_densities(jnp.asarray(points), found.mixture).argmax(axis=1)
    assert _rand(groups, labels) == 1.0
    for group in range(5):
        inside = points[labels == group]
        nearest = np.asarray(groups)[labels == group][0]
        # Not a point is in doubt.
        np.testing.assert_allclose(
            found.mixture.means[nearest], inside.mean(axis=0), atol=1e-4
        )
        np.testing.assert_allclose(
            found.mixture.variances[nearest], inside.var(axis=0).mean(), rtol=1e-3
        )


@pytest.mark.parametrize("least_variance", [1e-6, 0.01, 0.3])
def test_the_likelihood_never_falls_but_where_a_group_starts_anew(least_variance):
    points, _ = _planted()
    for seed in range(8):
        # More groups than there are: some stand in each other's way.
        start = _start(points, 12, seed)
        fit = _mixture.improve(
            jnp.asarray(points), start, num_steps=80, least_variance=least_variance
        )
        told = np.asarray(fit.log_likelihoods)
        before, after = told[:-1], told[1:]
        falls = (before - after) / np.abs(before)
        assert np.isfinite(falls).all()
        assert falls[np.asarray(fit.reseeded) == 0].max() <= 1e-6
        floor = least_variance * points.var(axis=0).mean()
        assert float(fit.mixture.variances.min()) >= 0.999 * floor


def test_an_empty_group_starts_anew_where_the_fit_is_worst():
    points, labels = _planted()
    centers = np.stack([points[labels == k].mean(axis=0) for k in range(5)])
    # The last group is far from every point, the fourth's points are nobody's.
    means = np.concatenate([centers[:4], np.full((1, points.shape[1]), 50.0)])
    start = _mixture.Mixture(
        weights=jnp.full(5, 0.2),
        means=jnp.float32(means),
        variances=jnp.full(5, 0.04),
    )
    one = _mixture.improve(jnp.asarray(points), start, num_steps=1, least_variance=1e-6)
    assert one.reseeded.tolist() == [1]
    distances = np.abs(np.asarray(one.mixture.means[4])[None] - points).sum(axis=1)
    assert labels[distances.argmin()] == 4
    assert distances.min() == 0
    assert float(one.mixture.weights.sum()) == pytest.approx(1.0, abs=1e-6)
    many = _mixture.improve(
        jnp.asarray(points), start, num_steps=30, least_variance=1e-6
    )
    groups = _mixture.log_densities(jnp.asarray(points), many.mixture).argmax(axis=1)
    assert _rand(groups, labels) == 1.0


def test_equal_points_make_no_nan():
    points = jnp.ones((6, 3)).at[3:].add(1e-3)
    found = _mixture.fit_mixture(
        points, num_groups=4, num_starts=2, num_steps=20, key=jax.random.key(0)
    )
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


@pytest.mark.parametrize("num_groups", [0, 7])
def test_a_number_of_groups_that_points_cannot_make_is_refused(num_groups):
    with pytest.raises(ValueError, match=f"num_groups is {num_groups}; 6 points make"):
        _mixture.fit_mixture(
            jnp.ones((6, 3)), num_groups=num_groups, key=jax.random.key(0)
        )
