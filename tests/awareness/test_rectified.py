"""The rectified normal mean against Monte Carlo, its limits and its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.awareness import rectified_normal_mean


def test_matches_monte_carlo():
    gain = np.array([0.0, 0.1, 0.5, -0.5, 1.0, 1.0, 1.0], np.float32)
    bias = np.array([0.3, -0.1, 0.2, 0.2, 0.0, 1.0, -1.0], np.float32)
    # Pairs of opposite sign: their error is less than a third of independent ones.
    half = np.random.default_rng(0).normal(size=500_000)
    n = np.concatenate([half, -half])
    want = [np.maximum(g * n + b, 0).mean() for g, b in zip(gain, bias, strict=True)]
    got = rectified_normal_mean(jnp.asarray(gain), jnp.asarray(bias))
    np.testing.assert_allclose(got, want, atol=1e-3)


def test_limits_are_exact():
    bias = jnp.array([-2.0, 0.0, 3.0])
    got = rectified_normal_mean(jnp.zeros(3), bias)
    np.testing.assert_array_equal(got, [0, 0, 3])
    got = rectified_normal_mean(jnp.full(3, 1e-30), bias)
    np.testing.assert_allclose(got, [0, 0, 3], atol=1e-30)
    far = rectified_normal_mean(jnp.ones(2), jnp.array([-50.0, 50.0]))
    np.testing.assert_array_equal(far, [0, 50])


@pytest.mark.parametrize("gain", [0.0, 1e-38, 1e-20, 1e-3])
def test_derivatives_are_finite_and_exact_near_zero_gain(gain):
    slopes = jax.vmap(jax.grad(rectified_normal_mean, (0, 1)), (None, 0))(
        jnp.float32(gain), jnp.array([-2.0, 2.0])
    )
    np.testing.assert_allclose(slopes[0], [0, 0], atol=1e-6)
    np.testing.assert_allclose(slopes[1], [0, 1], atol=1e-6)


def test_derivatives_match_differences():
    gain, bias, step = 0.7, -0.4, 1e-3
    slopes = jax.grad(rectified_normal_mean, (0, 1))
    got = slopes(jnp.float32(gain), jnp.float32(bias))
    mean = lambda g, b: float(rectified_normal_mean(jnp.float32(g), jnp.float32(b)))
    want = (
        (mean(gain + step, bias) - mean(gain - step, bias)) / (2 * step),
        (mean(gain, bias + step) - mean(gain, bias - step)) / (2 * step),
    )
    # float32 values of 0.1 differ by 1e-8, divided by the step.
    np.testing.assert_allclose(got, want, atol=1e-4)


def test_the_sign_of_the_gain_does_not_matter():
    gain, bias = jnp.array([0.3, 2.0]), jnp.array([-1.0, 0.5])
    np.testing.assert_array_equal(
        rectified_normal_mean(gain, bias), rectified_normal_mean(-gain, bias)
    )
