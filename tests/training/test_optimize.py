"""An update that is too long is shortened, array by array, and no other."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jgan.training.optimize import follow

_RATE = 1e-2


def _after_small_gradients(sudden, **options):
    """The last of 50 steps, whose gradient is another one in one array."""
    optimizer = optax.adam(_RATE, b1=0.5, b2=0.999)
    draw = np.random.default_rng(0)
    params = {"a": jnp.zeros(8), "b": jnp.zeros(8)}
    state = optimizer.init(params)
    for step in range(50):
        gradient = jax.tree.map(lambda x: 1e-3 * draw.standard_normal(8, "f4"), params)
        if step == 49:
            gradient["a"] = gradient["a"] * np.float32(sudden)
        before = params
        params, state = follow(optimizer, gradient, state, before, **options)
    return jax.tree.map(lambda new, old: np.asarray(new - old) / _RATE, params, before)


def _length(step):
    return np.sqrt(np.mean(np.square(step)))


def test_a_sudden_gradient_makes_a_long_step_that_is_shortened():
    plain = _after_small_gradients(1e3)
    assert _length(plain["a"]) > 3
    short = _after_small_gradients(1e3, longest=1.0 * _RATE)
    assert _length(short["a"]) == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(short["a"], plain["a"] / _length(plain["a"]), atol=1e-4)
    np.testing.assert_array_equal(short["b"], plain["b"])


def test_steps_as_before_are_left_as_they_are():
    plain, short = _after_small_gradients(1), _after_small_gradients(1, longest=_RATE)
    np.testing.assert_allclose(short["a"], plain["a"], atol=1e-5)
