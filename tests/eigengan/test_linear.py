"""The linear case against eigenvectors of NumPy, by both routes, and its control."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.linalg

from jgan.eigengan import fit_linear, linear_nll, linear_solution
from tests.helpers import unchecked

_DIM, _FEATURES = 4, 12
_DISTINCT = [9.0, 6.0, 4.0, 2.5] + [0.6, 0.5, 0.5, 0.4, 0.5, 0.5, 0.45, 0.55]
# The second and third dimension may be any two of their plane.
_REPEATED = [9.0, 5.0, 5.0, 2.5] + [0.5] * 8


def _data(values):
    """Mean, covariance and its eigenvectors, the largest first."""
    draw = np.random.default_rng(3)
    vectors, _ = np.linalg.qr(draw.standard_normal((_FEATURES, _FEATURES)))
    covariance = (vectors * values) @ vectors.T
    return draw.standard_normal(_FEATURES), covariance, vectors


def _noise(values):
    return float(np.mean(values[_DIM:]))


@pytest.mark.parametrize("values", [_DISTINCT, _REPEATED], ids=["distinct", "repeated"])
@pytest.mark.parametrize("route", ["closed form", "gradient"])
def test_it_is_pca_but_for_noise(route, values):
    mean, covariance, vectors = _data(np.array(values))
    with jax.enable_x64(True):
        if route == "closed form":
            model = linear_solution(mean, covariance, dim=_DIM)
        else:
            model = fit_linear(mean, covariance, dim=_DIM, key=jax.random.key(1))
    basis = np.asarray(model.basis, np.float64)
    np.testing.assert_allclose(basis.T @ basis, np.eye(_DIM), atol=1e-4)
    np.testing.assert_allclose(model.origin, mean, atol=1e-4)
    np.testing.assert_allclose(model.noise_variance, _noise(values), rtol=1e-4)
    order = np.argsort(-np.abs(model.importance))
    squares = np.square(np.asarray(model.importance, np.float64))[order]
    np.testing.assert_allclose(
        squares, np.array(values)[:_DIM] - _noise(values), rtol=1e-4
    )
    # Of equal eigenvalues the planes are compared, of others the lines.
    for group in ([0], [1, 2], [3]) if values is _REPEATED else ([0], [1], [2], [3]):
        angles = scipy.linalg.subspace_angles(basis[:, order[group]], vectors[:, group])
        assert angles.max() < 1e-3


def test_a_free_matrix_is_left_rotated():
    """The control: W in place of U L finds the subspace, and not its axes."""
    mean, covariance, vectors = _data(np.array(_DISTINCT))
    with jax.enable_x64(True):
        start = 0.5 * jax.random.normal(
            jax.random.key(1), (_FEATURES, _DIM), jnp.float64
        )

        def loss(parts):
            made = parts[0] @ parts[0].T + jnp.exp(parts[1]) * jnp.eye(_FEATURES)
            return 0.5 * (
                jnp.linalg.slogdet(made)[1]
                + jnp.trace(jnp.linalg.solve(made, jnp.asarray(covariance)))
            )

        adam = optax.adam(optax.cosine_decay_schedule(0.02, 6000))

        def step(carry, _):
            parts, state = carry
            with jax.numpy_dtype_promotion("standard"):
                updates, state = adam.update(jax.grad(loss)(parts), state, parts)
                return (optax.apply_updates(parts, updates), state), None

        parts = (start, jnp.zeros((), jnp.float64))
        run = jax.jit(
            lambda p: jax.lax.scan(step, (p, adam.init(p)), length=6000)[0][0]
        )
        matrix = np.asarray(run(parts)[0])
    angles = scipy.linalg.subspace_angles(matrix, vectors[:, :_DIM])
    assert angles.max() < 1e-3
    unit = matrix / np.linalg.norm(matrix, axis=0)
    assert abs(unit.T @ vectors[:, :_DIM]).max(axis=1).min() < 0.95
    gram = unit.T @ unit - np.eye(_DIM)
    assert abs(gram).max() > 0.1


def test_no_other_model_is_likelier():
    mean, covariance, _ = _data(np.array(_DISTINCT))
    with jax.enable_x64(True):
        best = linear_solution(mean, covariance, dim=_DIM)
        least = float(linear_nll(best, mean, covariance))
        draw = np.random.default_rng(0)
        for name, value in best._asdict().items():
            shift = 0.05 * draw.standard_normal(np.shape(value))
            other = best._replace(**{name: value + shift})
            assert float(linear_nll(other, mean, covariance)) > least


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 12}, "dim is 12; of 12 features give 1 to 11"),
        ({"dim": 0}, "dim is 0"),
        ({"mean": np.zeros(5)}, r"mean has shape \(5,\)"),
        ({"covariance": np.full((12, 12), np.nan)}, "NaN"),
    ],
)
@pytest.mark.parametrize("route", [linear_solution, fit_linear])
def test_what_does_not_fit_is_refused(route, change, message):
    mean, covariance, _ = _data(np.array(_DISTINCT))
    options = {"mean": mean, "covariance": covariance, "dim": _DIM} | change
    if route is fit_linear:
        options["key"] = jax.random.key(0)
    with pytest.raises(ValueError, match=message):
        unchecked(route)(**options)
