"""Gaussians as wide in every direction, fitted to points by expectation-maximization.

Dempster, Laird & Rubin (1977). In a space of many dimensions a Gaussian of one point
has no least width and any likelihood, so that variances have a floor; the step to it is
the best that is allowed, and the likelihood never falls.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

# A group with less than half a point in it is what EM is about to leave behind.
_EMPTY = 0.5


class Mixture(NamedTuple):
    """A density, the weighted sum of Gaussians.

    Attributes:
        weights: Of the groups, which add up to 1.
        means: Where they are.
        variances: Of each group, the same in every direction.
    """

    weights: Float[Array, " group"]
    means: Float[Array, "group number"]
    variances: Float[Array, " group"]


class Fit(NamedTuple):
    """A mixture, and the way to it.

    Attributes:
        mixture: After the last step.
        log_likelihoods: Sum over points of the logarithm of the density, before each
            step and after the last one.
        reseeded: Groups that each step found empty and put on a point. The likelihood
            may fall there, and nowhere else.
    """

    mixture: Mixture
    log_likelihoods: Float[Array, " step_and_end"]
    reseeded: Int[Array, " step"]


def fit_mixture(
    points: Float[Array, "point number"],
    *,
    num_groups: int,
    num_starts: int = 64,
    num_steps: int = 200,
    least_variance: float = 0.01,
    key: PRNGKeyArray,
) -> Fit:
    """Returns the likeliest of several fits, which all run at once.

    Args:
        points: What to fit; at least as many as groups.
        num_groups: How many Gaussians.
        num_starts: How many times to start, each with points that are far apart.
        num_steps: Of each fit.
        least_variance: Floor of a group's variance, in parts of the variance of all
            points in a direction on average.
        key: Consumed whole.

    Raises:
        ValueError: If there are fewer points than groups, or no group.
    """
    if not 1 <= num_groups <= len(points):
        raise ValueError(
            f"num_groups is {num_groups}; {len(points)} points make 1 to {len(points)}."
        )

    def fit(key: PRNGKeyArray) -> Fit:
        start = draw_start(points, num_groups=num_groups, key=key)
        return improve(
            points, start, num_steps=num_steps, least_variance=least_variance
        )

    fits = jax.vmap(fit)(jax.random.split(key, num_starts))
    best = jnp.argmax(fits.log_likelihoods[:, -1])
    return jax.tree.map(lambda leaf: leaf[best], fits)


def draw_start(
    points: Float[Array, "point number"], *, num_groups: int, key: PRNGKeyArray
) -> Mixture:
    """Returns a mixture on points that are far apart, all groups alike.

    The points are those of k-means++ (Arthur & Vassilvitskii, 2007); the variance is
    that of points about the nearest of them.
    """
    first_key, rest = jax.random.split(key)
    first = points[jax.random.randint(first_key, (), 0, len(points))]

    def choose(
        nearest: Float[Array, " point"], key: PRNGKeyArray
    ) -> tuple[Float[Array, " point"], Float[Array, " number"]]:
        # Where all points are taken, any: their logarithms are the same.
        chosen = points[jax.random.categorical(key, jnp.log(nearest + 1e-30))]
        return jnp.minimum(nearest, _squares(points, chosen[None])[:, 0]), chosen

    nearest, others = jax.lax.scan(
        choose,
        _squares(points, first[None])[:, 0],
        jax.random.split(rest, num_groups - 1),
    )
    variance = nearest.mean() / points.shape[1]
    return Mixture(
        weights=jnp.full(num_groups, 1 / num_groups),
        means=jnp.concatenate([first[None], others]),
        variances=jnp.full(num_groups, variance),
    )


def improve(
    points: Float[Array, "point number"],
    start: Mixture,
    *,
    num_steps: int,
    least_variance: float,
) -> Fit:
    """Returns what EM makes of a mixture in a number of steps.

    Args:
        points: What to fit.
        start: Where to start.
        num_steps: How many.
        least_variance: As `fit_mixture` has it.
    """
    floor = least_variance * points.var(axis=0).mean()
    start = start._replace(variances=jnp.maximum(start.variances, floor))

    def step(
        mixture: Mixture, _: None
    ) -> tuple[Mixture, tuple[Float[Array, ""], Int[Array, ""]]]:
        log_joint = log_densities(points, mixture)
        each = jax.nn.logsumexp(log_joint, axis=1)
        shares = jnp.exp(log_joint - each[:, None])
        empty = shares.sum(axis=0) < _EMPTY
        moved = _maximize(points, shares, floor)
        moved = _reseed(points, moved, each, empty)
        return moved, (each.sum(), empty.sum(dtype=jnp.int32))

    end, (before, reseeded) = jax.lax.scan(step, start, length=num_steps)
    last = jax.nn.logsumexp(log_densities(points, end), axis=1).sum()
    return Fit(end, jnp.append(before, last), reseeded)


def log_densities(
    points: Float[Array, "point number"], mixture: Mixture
) -> Float[Array, "point group"]:
    """Returns the logarithm of each weighted Gaussian at each point."""
    variances = mixture.variances[None]
    exponents = _squares(points, mixture.means) / variances
    sizes = points.shape[1] * jnp.log(2 * jnp.pi * variances)
    return jnp.log(mixture.weights)[None] - 0.5 * (exponents + sizes)


def _squares(
    points: Float[Array, "point number"], centers: Float[Array, "group number"]
) -> Float[Array, "point group"]:
    """Returns squared distances, off differences: products would lose small ones."""
    return jnp.square(points[:, None] - centers[None]).sum(axis=2)


def _maximize(
    points: Float[Array, "point number"],
    shares: Float[Array, "point group"],
    floor: Float[Array, ""],
) -> Mixture:
    sizes = shares.sum(axis=0)
    # Of a group of no size nothing is kept.
    over = shares / jnp.maximum(sizes, 1e-12)[None]
    means = over.T @ points
    variances = (over * _squares(points, means)).sum(axis=0) / points.shape[1]
    return Mixture(sizes / len(points), means, jnp.maximum(variances, floor))


def _reseed(
    points: Float[Array, "point number"],
    mixture: Mixture,
    log_likelihood: Float[Array, " point"],
    empty: Bool[Array, " group"],
) -> Mixture:
    """Returns the mixture whose empty groups are on the points that fit worst.

    Each is given one point's weight, and the variance that others have on average.
    """
    _, worst = jax.lax.top_k(-log_likelihood, len(empty))
    anew = points[worst[jnp.cumsum(empty) - 1]]
    weights = jnp.where(empty, 1 / len(points), mixture.weights)
    kept = jnp.where(empty, 0.0, mixture.weights)
    variance = (kept * mixture.variances).sum() / kept.sum()
    return Mixture(
        weights=weights / weights.sum(),
        means=jnp.where(empty[:, None], anew, mixture.means),
        variances=jnp.where(empty, variance, mixture.variances),
    )
