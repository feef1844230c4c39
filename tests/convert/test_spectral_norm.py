"""One step of power iteration, against its definition and its limit."""

import numpy as np

from jgan.convert.spectral_norm import bake_spectral_norm, spectral_norm


def _weight(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_one_step_from_a_singular_vector_is_the_singular_value():
    weight = _weight(6, 4, 3, 3)
    u, values, _ = np.linalg.svd(weight.reshape(6, -1).astype(np.float64))
    for i in range(6):
        # The step cannot leave a singular vector, so it finds any, not the first.
        norm = spectral_norm(weight, 5 * u[:, i])
        np.testing.assert_allclose(norm, values[i], rtol=1e-12)


def test_one_step_from_elsewhere_is_not_the_largest_singular_value():
    weight = _weight(6, 20)
    norm = spectral_norm(weight, np.ones(6))
    largest = np.linalg.norm(weight.astype(np.float64), 2)
    assert 0.3 * largest < norm < 0.999 * largest


def test_the_stored_value_is_ignored_and_the_state_dropped():
    weight, u = _weight(6, 20), np.ones((1, 6), np.float32)
    arrays = {
        "a.weight": weight,
        "a.bias": np.zeros(6),
        "a.u0": u,
        "a.u1": u,
        "a.sv0": np.full(1, 99.0),
        "sum": np.zeros(1),
    }
    baked = bake_spectral_norm(arrays)
    assert {*baked} == {"a.weight", "a.bias", "sum"}
    np.testing.assert_allclose(
        baked["a.weight"], weight / spectral_norm(weight, u[0]), rtol=1e-6
    )
    assert baked["a.weight"].dtype == np.float32
