"""The PyTorch peer of the components benchmark computes what jgan computes."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import components
from jgan.models import progan
from tests.generators import make_gan

pytestmark = pytest.mark.torch

_LAYER = "layer4"
_PENALTY = 1e-3
_KEY = jax.random.key(5)


def _tensor(array):
    import torch

    return torch.tensor(np.asarray(array))


def _channels_first(activation):
    return np.ascontiguousarray(np.moveaxis(activation, -1, 1))


@functools.cache
def _latents_and_activation():
    gan = make_gan("progan")
    latents = gan.sample_latents(16, key=_KEY)
    _, taps = jax.jit(gan.forward)(gan.params, latents)
    return np.asarray(latents.z), np.asarray(taps[_LAYER])


def _twin():
    import torch

    from benchmarks.torch_components import Generator

    gan = make_gan("progan")
    assert isinstance(gan.config, progan.Config)
    twin = Generator(gan.config, int(_LAYER.removeprefix("layer")))
    with torch.no_grad():
        for i, (kernel, bias) in enumerate(zip(twin.kernels, twin.biases, strict=True)):
            layer = gan.params["params"][f"layer{i + 1}"]
            theirs = np.asarray(layer["kernel"])
            if i == 0:
                places = theirs.reshape(len(theirs), 4, 4, -1)
                kernel.copy_(_tensor(_channels_first(places)))
            else:
                kernel.copy_(_tensor(theirs.transpose(3, 2, 0, 1)))
            bias.copy_(_tensor(layer["bias"]))
    return twin


def test_twin_generator_gives_jgans_activation():
    import torch

    z, want = _latents_and_activation()
    with torch.inference_mode():
        got = _twin()(_tensor(z)).numpy()
    atol = 1e-5 * np.abs(want).max()
    np.testing.assert_allclose(got, _channels_first(want), rtol=0, atol=atol)


def test_spectra_of_both_are_equal():
    from benchmarks.torch_components import solve_modes

    activation = _channels_first(_latents_and_activation()[1])
    _, spectra = solve_modes(_tensor(activation))
    decomposition = components.mpca(
        make_gan("progan"), _LAYER, num_images=16, batch_size=8, key=_KEY
    )
    for mode, spectrum in zip(("unit", "row", "col"), spectra, strict=True):
        want = decomposition.spectra[mode]
        np.testing.assert_allclose(
            spectrum.numpy(), want, rtol=0, atol=1e-4 * want[0], err_msg=mode
        )


@functools.cache
def _weight():
    gan = make_gan("progan")
    ranks = components.TuckerRanks(row=3, col=2, unit=5, latent=8)
    return components.tucker_weight(gan.layers[_LAYER], 8, ranks, key=_KEY)


def _parts(weight):
    """jgan's core and factors, with the twin's order of modes."""
    core = np.asarray(weight.core).transpose(2, 0, 1, 3)
    factors = (weight.unit, weight.row, weight.col, weight.latent)
    return [core, *(np.asarray(factor) for factor in factors)]


def _twin_weight():
    import torch

    from benchmarks.torch_components import TuckerWeight

    core, *factors = _parts(_weight())
    twin = TuckerWeight([len(factor) for factor in factors], core.shape)
    with torch.no_grad():
        twin.core.copy_(_tensor(core))
        for factor, theirs in zip(twin.factors, factors, strict=True):
            factor.copy_(_tensor(theirs))
    return twin


def test_loss_and_step_of_both_are_equal():
    import torch

    from benchmarks import torch_components

    z, activation = _latents_and_activation()
    config = components.AdamConfig(num_steps=1, penalty=_PENALTY)
    trained = components.adam_regression(
        make_gan("progan"), _LAYER, _weight(), config=config, key=_KEY
    )
    want, _ = components.loss_of(
        _weight(), jnp.asarray(activation), jnp.asarray(z), _PENALTY
    )
    twin = _twin_weight()
    optimizer = torch.optim.Adam(twin.parameters(), config.learning_rate)
    loss = torch_components.step(
        optimizer, twin, _tensor(_channels_first(activation)), _tensor(z), _PENALTY
    )
    np.testing.assert_allclose(loss.item(), want, rtol=1e-5)
    moved = _parts(trained.regression.weights["z"])
    for i, part in enumerate((twin.core, *twin.factors)):
        # Of the largest number; a step moves each by a thousandth of that.
        atol = 1e-5 * np.abs(moved[i]).max()
        np.testing.assert_allclose(
            part.detach().numpy(), moved[i], rtol=0, atol=atol, err_msg=f"part {i}"
        )
        assert not np.allclose(moved[i], _parts(_weight())[i], rtol=0, atol=atol)
