"""The penalty on the discriminator's gradient, against its definition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.eigengan._penalty import penalize
from jgan.models.eigen_discriminator import Config, Discriminator
from jgan.training.losses import hinge_real

pytestmark = pytest.mark.usefixtures("unoptimized")

_NETWORK = Discriminator(Config(units=(16, 12, 8), hidden=8, num_classes=3))
_WEIGHT = 2.5


def _images(seed=0):
    images = np.random.default_rng(seed).uniform(-1, 1, (6, 16, 16, 3))
    return jnp.asarray(images, jnp.float32)


def _params():
    """Parameters with biases, for which some images lie beyond the margin."""
    params = _NETWORK.init(jax.random.key(1), _images())["params"]
    rng = np.random.default_rng(2)
    params = jax.tree.map(
        lambda leaf: leaf + 0.05 * rng.standard_normal(leaf.shape, "f4"), params
    )
    scores, _ = _NETWORK.apply({"params": params}, _images())
    bias = params["score"]["bias"] + 1 - jnp.median(scores)
    return params | {"score": params["score"] | {"bias": bias}}


def _by_definition(params, network=_NETWORK):
    score = lambda images: network.apply({"params": params}, images)[0]
    slopes = jax.grad(lambda images: score(images).sum())(_images())
    penalty = jnp.square(slopes).sum(axis=(1, 2, 3)).mean()
    cost = hinge_real(score(_images()))
    return cost + _WEIGHT * penalty, (cost, penalty)


def _at_once(params, network=_NETWORK):
    found = penalize(network, params, _images(), hinge_real, weight=_WEIGHT)
    return found.surrogate, (found.cost, found.penalty)


def test_gradient_is_that_of_cost_and_penalty():
    params = _params()
    scores, _ = _NETWORK.apply({"params": params}, _images())
    assert sorted(np.asarray(scores) > 1) == [False] * 3 + [True] * 3
    want, want_parts = jax.jit(jax.grad(_by_definition, has_aux=True))(params)
    mine, parts = jax.jit(jax.grad(_at_once, has_aux=True))(params)
    # Sums of hundreds of squares, in another order.
    np.testing.assert_allclose(parts, want_parts, rtol=1e-5)
    assert float(parts[1]) > 0.1
    # Classes have no part in it.
    assert not any(np.any(leaf) for leaf in mine.pop("classes").values())
    del want["classes"]
    for path, leaf in jax.tree.leaves_with_path(want):
        other = mine[path[0].key][path[1].key]
        scale = np.abs(leaf).max()
        assert scale > 1e-4
        # Sums of thousands of products in float32.
        np.testing.assert_allclose(other, leaf, atol=1e-5 * scale, err_msg=str(path))


def test_an_image_on_its_own_piece_has_its_own_score():
    variables = {"params": _params()}
    *want, piece = _NETWORK.apply(variables, _images(), None, method="on_piece")
    *mine, _ = _NETWORK.apply(variables, _images(), piece, method="on_piece")
    for a, b in zip(mine, want, strict=True):
        np.testing.assert_array_equal(a, b)
    # Without biases the piece tells how scores change from there, along a direction.
    slope = piece._replace(constants=jnp.zeros(6))
    change, _, _ = _NETWORK.apply(variables, _images(1), slope, method="on_piece")
    score = lambda images: _NETWORK.apply(variables, images)[0]
    _, want_change = jax.jvp(score, (_images(),), (_images(1),))
    # Eight layers deep, in float32.
    scale = np.abs(want_change).max()
    np.testing.assert_allclose(change, want_change, atol=1e-5 * scale)


def test_four_passes_do_instead_of_six():
    # Most of the work is behind the first layer, where five passes become four.
    network = Discriminator(Config(units=(96, 64, 8), hidden=8))
    params = jax.eval_shape(network.init, jax.random.key(0), _images())["params"]

    def flops(function):
        compiled = jax.jit(jax.grad(function)).lower(params).compile()
        return compiled.cost_analysis()["flops"]

    by_definition = flops(lambda params: _by_definition(params, network)[0])
    at_once = flops(lambda params: _at_once(params, network)[0])
    # Five sixths, if the compiler did not find that both pulls are one.
    assert at_once < 0.7 * by_definition
