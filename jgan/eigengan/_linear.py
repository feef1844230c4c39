"""One linear layer: where an EigenGAN is principal component analysis.

For ``x = U L z + mu + sigma * eps`` with orthonormal U and diagonal L, the likelihood
of Gaussian data is largest at the data's mean, its first eigenvectors and its first
eigenvalues less the mean of the rest (He, Kan & Shan, 2021, supplementary proof).
Probabilistic PCA (Tipping & Bishop, 1999), with any matrix in place of U L, leaves a
rotation open; here only signs, the order, and bases of equal eigenvalues are.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, PRNGKeyArray


class LinearEigenGan(NamedTuple):
    """A linear EigenGAN of one layer.

    Attributes:
        basis: U, a dimension in each column.
        importance: Diagonal of L.
        origin: mu.
        noise_variance: sigma squared.
    """

    basis: Float[Array, "feature dim"]
    importance: Float[Array, " dim"]
    origin: Float[Array, " feature"]
    noise_variance: Float[Array, ""]


def linear_solution(
    mean: Float[ArrayLike, " feature"],
    covariance: Float[ArrayLike, "feature other"],
    *,
    dim: int,
) -> LinearEigenGan:
    """Returns the model of largest likelihood, in closed form.

    Args:
        mean: Of the data.
        covariance: Of the data, divided by the number and not by one less.
        dim: Dimensions, fewer than features.

    Raises:
        ValueError: If shapes or `dim` do not fit, or a number is not finite.
    """
    center, spread = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    _check(center, spread, dim)
    values, vectors = np.linalg.eigh(spread)
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = float(values[dim:].mean())
    return LinearEigenGan(
        jnp.asarray(vectors[:, :dim]),
        jnp.asarray(np.sqrt(np.maximum(values[:dim] - noise, 0))),
        jnp.asarray(center),
        jnp.asarray(noise),
    )


def fit_linear(
    mean: Float[ArrayLike, " feature"],
    covariance: Float[ArrayLike, "feature other"],
    *,
    dim: int,
    num_steps: int = 6000,
    learning_rate: float = 0.02,
    orthogonality_weight: float = 1.0,
    key: PRNGKeyArray,
) -> LinearEigenGan:
    """Returns the model that Adam finds from a random start: the gradient route.

    It minimizes the exact negative log-likelihood plus half the squared norm of
    U^T U - I; the rate falls to nothing along a cosine. In float64 it ends at
    `linear_solution`, up to signs and order.

    Args:
        mean: Of the data.
        covariance: Of the data.
        dim: Dimensions, fewer than features.
        num_steps: Of Adam, in one program.
        learning_rate: At the start.
        orthogonality_weight: Of the penalty.
        key: Of the start.

    Raises:
        ValueError: If shapes or `dim` do not fit, or a number is not finite.
    """
    _check(np.asarray(mean), np.asarray(covariance), dim)
    center, seen = jnp.asarray(mean), jnp.asarray(covariance)
    start, _ = jnp.linalg.qr(jax.random.normal(key, (len(center), dim), center.dtype))
    spread = jnp.sqrt(jnp.trace(seen) / len(center))
    # Importances are unlike from the start, as in the generator.
    model = LinearEigenGan(
        start,
        spread * jnp.arange(dim, 0, -1, dtype=center.dtype) / dim,
        jnp.zeros_like(center),
        jnp.square(spread) / 2,
    )
    adam = optax.adam(optax.cosine_decay_schedule(learning_rate, num_steps))

    def loss(parts: LinearEigenGan) -> Float[Array, ""]:
        model = parts._replace(noise_variance=jnp.exp(parts.noise_variance))
        gram = model.basis.T @ model.basis - jnp.eye(dim, dtype=center.dtype)
        penalty = 0.5 * jnp.square(gram).sum()
        fit = linear_nll(model, center, seen)
        return fit + orthogonality_weight * penalty

    def step(carry, _):
        parts, state = carry
        with jax.numpy_dtype_promotion("standard"):
            updates, state = adam.update(jax.grad(loss)(parts), state, parts)
            parts: Any = optax.apply_updates(parts, updates)
        return (parts, state), None

    @jax.jit
    def run(parts: LinearEigenGan) -> LinearEigenGan:
        (parts, _), _ = jax.lax.scan(step, (parts, adam.init(parts)), length=num_steps)
        return parts

    # The variance is positive, so its logarithm is what moves.
    found = run(model._replace(noise_variance=jnp.log(model.noise_variance)))
    return found._replace(noise_variance=jnp.exp(found.noise_variance))


def linear_nll(
    model: LinearEigenGan,
    mean: Float[ArrayLike, " feature"],
    covariance: Float[ArrayLike, "feature other"],
) -> Float[Array, ""]:
    """Returns the negative log-likelihood of one sample, on average, less a constant.

    Args:
        model: Whose basis need not be orthonormal.
        mean: Of the data.
        covariance: Of the data.
    """
    factor = model.basis * model.importance[None]
    noise = model.noise_variance * jnp.eye(len(factor), dtype=factor.dtype)
    made = factor @ factor.T + noise
    off = jnp.asarray(mean) - model.origin
    seen = jnp.asarray(covariance) + jnp.outer(off, off)
    return 0.5 * (jnp.linalg.slogdet(made)[1] + jnp.trace(jnp.linalg.solve(made, seen)))


def _check(mean: np.ndarray, covariance: np.ndarray, dim: int) -> None:
    if mean.ndim != 1 or covariance.shape != (len(mean),) * 2:
        raise ValueError(
            f"mean has shape {mean.shape} and covariance {covariance.shape}; give "
            "(feature,) and (feature, feature)."
        )
    if not 1 <= dim < len(mean):
        raise ValueError(
            f"dim is {dim}; of {len(mean)} features give 1 to {len(mean) - 1}."
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("mean or covariance holds NaN or infinity.")
