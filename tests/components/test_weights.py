"""Regression weights against tensorly, and the loss against the original's formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tensorly
import tensorly.tenalg

from jgan import components
from jgan.components import TuckerRanks
from jgan.gan import Layer
from tests.helpers import normal

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZE, _LATENT = Layer(3, 4, 5), 6


def _weights():
    key = jax.random.key(0)
    ranks = TuckerRanks(2, 4, 3, 5)
    return {
        "tucker": components.tucker_weight(_SIZE, _LATENT, ranks, key=key),
        "cp": components.cp_weight(_SIZE, _LATENT, 7, key=key),
    }


def _tensor(kind, weight):
    parts = [np.asarray(part, np.float64) for part in weight]
    if kind == "cp":
        return tensorly.cp_to_tensor((None, parts))
    return tensorly.tucker_to_tensor((parts[0], parts[1:]))


@pytest.mark.parametrize("kind", ["tucker", "cp"])
def test_tensor_and_inner_product_equal_tensorlys(kind):
    weight = _weights()[kind]
    want = _tensor(kind, weight)
    assert want.shape == (*_SIZE, _LATENT)
    largest = abs(want).max()
    np.testing.assert_allclose(weight.tensor(), want, atol=1e-6 * largest)
    x = normal(1, (8, *_SIZE))
    product = tensorly.tenalg.inner(np.asarray(x, np.float64), want, n_modes=3)
    np.testing.assert_allclose(weight.apply(x), product, atol=1e-5 * abs(product).max())


@pytest.mark.parametrize("kind", ["tucker", "cp"])
def test_loss_is_the_originals(kind):
    weight = _weights()[kind]
    x, z = normal(1, (8, *_SIZE)), normal(2, (8, _LATENT))
    loss, error = components.loss_of(weight, x, z, 0.3)
    want = _tensor(kind, weight)
    predicted = np.einsum("nrcu,rcul->nl", np.asarray(x, np.float64), want)
    want_error = np.mean((predicted - np.asarray(z)) ** 2)
    # The core is not penalized.
    factors = weight[1:] if kind == "tucker" else weight
    penalty = sum(np.sum(np.asarray(f, np.float64) ** 2) for f in factors)
    np.testing.assert_allclose(error, want_error, rtol=1e-5)
    np.testing.assert_allclose(loss, want_error + 0.3 * penalty, rtol=1e-5)


def test_begins_where_the_original_does():
    for weight in _weights().values():
        values = np.concatenate([np.ravel(part) for part in weight])
        assert -0.1 <= values.min() < -0.09
        assert 0.09 < values.max() <= 0.1


def test_ranks_that_make_no_sense_are_refused():
    key = jax.random.key(0)
    for ranks in (TuckerRanks(4, 4, 3, 5), TuckerRanks(3, 4, 0, 5)):
        with pytest.raises(ValueError, match="rank is [40] for a size of [35]"):
            components.tucker_weight(_SIZE, _LATENT, ranks, key=key)
    with pytest.raises(ValueError, match="The rank is 0"):
        components.cp_weight(_SIZE, _LATENT, 0, key=key)


def test_gradients_equal_those_of_the_whole_tensor():
    weight = _weights()["tucker"]
    x, z = normal(1, (8, *_SIZE)), normal(2, (8, _LATENT))

    def plain(weight):
        tensor = jnp.einsum("abcd,ra,sb,uc,ld->rsul", *weight, precision="highest")
        predicted = jnp.einsum("nrsu,rsul->nl", x, tensor, precision="highest")
        return jnp.mean(jnp.square(predicted - z)) + 0.3 * weight.penalty()

    got = jax.grad(lambda w: components.loss_of(w, x, z, 0.3)[0])(weight)
    want = jax.grad(plain)(weight)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5 * float(jnp.abs(b).max()))
