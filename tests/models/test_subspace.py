"""Points of a subspace: the origin of each image, and how its gradient is taken."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.models.subspace import Subspace

_SHAPE = (4, 4, 3)


def _subspace(dim, new_key):
    network = Subspace(side=4, units=3, dim=dim, exact=False)
    z = jax.random.normal(new_key(), (5, dim))
    params = network.init(new_key(), z)
    origin = jax.random.normal(new_key(), _SHAPE)
    return network, {"params": params["params"] | {"origin": origin}}, z


@pytest.mark.parametrize("dim", [0, 2])
def test_points_are_about_the_origin(dim, new_key):
    network, params, z = _subspace(dim, new_key)
    own = params["params"]
    want = np.broadcast_to(own["origin"], (5, *_SHAPE))
    if dim:
        moves = np.asarray(own["basis"]) @ np.diag(own["importance"])
        want = want + np.moveaxis(moves @ np.asarray(z).T, -1, 0)
    got = network.apply(params, z)
    # Products of two numbers; alone, the origin is exact.
    np.testing.assert_allclose(got, want, rtol=1e-5 if dim else 0, atol=1e-5 * dim)


@pytest.mark.parametrize("dim", [0, 2])
def test_the_gradient_of_the_origin_is_a_sum_over_images_by_a_product(dim, new_key):
    network, params, z = _subspace(dim, new_key)
    weights = jax.random.normal(new_key(), (5, *_SHAPE))

    def weighted(origin):
        own = params["params"] | {"origin": origin}
        return (weights * network.apply({"params": own}, z)).sum()

    origin = params["params"]["origin"]
    gradient = jax.jit(jax.grad(weighted))
    np.testing.assert_allclose(gradient(origin), weights.sum(axis=0), rtol=1e-5)
    # On CPU the sum that XLA makes of a broadcast takes three times as long.
    assert "stablehlo.dot_general" in gradient.lower(origin).as_text()
    assert "stablehlo.reduce" not in gradient.lower(origin).as_text()
    assert gradient(jnp.zeros(_SHAPE)).dtype == jnp.float32
