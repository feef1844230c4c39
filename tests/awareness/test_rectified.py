"""The rectified normal mean against Monte Carlo, its limits and its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from jgan.awareness import rectified_normal_mean, rectified_normal_share


def test_matches_monte_carlo():
    n = np.random.default_rng(0).normal(size=10**7)
    for ratio, gain in (
        *((ratio, gain) for ratio in (-4, -2, -0.5, 0, 1, 4, 8) for gain in (0.3, -2)),
        (None, 0.0),
    ):
        bias = 0.7 if ratio is None else ratio * abs(gain)
        drawn = np.maximum(gain * n + bias, 0)
        got = float(rectified_normal_mean(jnp.float32(gain), jnp.float32(bias)))
        # Four standard errors; 1e-6 is the rounding of what does not vary.
        error = 4 * drawn.std() / np.sqrt(len(n)) + 1e-6 * bias * (bias > 0)
        assert abs(got - drawn.mean()) <= error, (ratio, gain)


@pytest.mark.parametrize("gain", [1.0, -0.02, 30.0])
def test_the_lower_tail_keeps_its_digits(gain):
    ratios = np.linspace(-12, -3, 91)
    # Where the rest of the integrand is below 1e-20 of the whole.
    quadrature = lambda t: scipy.integrate.quad(
        lambda n: (n + t) * np.exp(-n * n / 2) / np.sqrt(2 * np.pi), -t, -t + 8
    )[0]
    bias = (ratios * abs(gain)).astype(np.float32)
    # Of the float32 that the function is given: at 12, its rounding counts 100 times.
    exact = bias.astype(np.float64) / abs(np.float32(gain).astype(np.float64))
    want = abs(gain) * np.array([quadrature(t) for t in exact])
    got = jax.jit(rectified_normal_mean)(jnp.full(91, gain, jnp.float32), bias)
    # The formula as it stands is off by 1e-3.
    np.testing.assert_allclose(got, want, rtol=3e-5)


def test_in_float64_the_formula_is_kept():
    with jax.enable_x64(True):
        got = rectified_normal_mean(jnp.float64(1.0), jnp.float64(-5.0))
    # Of mpmath, with 40 digits.
    np.testing.assert_allclose(got, 5.346165533832815e-08, rtol=1e-9)


def test_the_share_is_that_of_draws_above_zero():
    n = np.random.default_rng(1).normal(size=10**6)
    for gain, bias in ((0.3, 0.2), (-2.0, 1.0), (1.0, -1.5), (0.5, 0.0)):
        share = float(rectified_normal_share(jnp.float32(gain), jnp.float32(bias)))
        # Four standard errors of a million draws.
        assert abs(share - (gain * n + bias > 0).mean()) < 2e-3
    got = rectified_normal_share(jnp.zeros(3), jnp.array([-1.0, 0.0, 1.0]))
    np.testing.assert_array_equal(got, [0, 0, 1])


def test_what_is_not_a_number_stays_that():
    nan = jnp.array([jnp.nan, 1.0, jnp.nan, 0.0])
    other = jnp.array([1.0, jnp.nan, -1.0, jnp.nan])
    for of_factors in (rectified_normal_mean, rectified_normal_share):
        got = np.isnan(of_factors(nan, other))
        # At gain 0 the share asks no more than whether the bias is above 0.
        assert got[:3].all()
    assert np.isnan(rectified_normal_mean(nan, other)[3])


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
