"""The PyTorch peers of the benchmarks compute what jgan computes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import torch_biggan, torch_dcgan
from jgan.convert import dcgan, stylegan2
from jgan.models import biggan
from jgan.models.latents import Latents
from jgan.models.style_latents import StyleLatents
from tests.generators import GANS, make_gan

pytestmark = pytest.mark.torch


def _run(module, latents):
    import torch

    z, labels = (torch.tensor(np.asarray(a)) for a in latents[:2])
    with torch.inference_mode():
        images = module.eval()(z, labels.long())
    return images.permute(0, 2, 3, 1).numpy()


def test_biggan_twin_computes_what_jgan_computes():
    from tests.benchmarks.loading import load_generator

    gan = make_gan("biggan")
    twin = torch_biggan.Generator(gan.config)
    load_generator(twin, gan.params)
    latents = gan.sample_latents(2, key=jax.random.key(1))
    want, _ = jax.jit(gan.forward)(gan.params, latents)
    np.testing.assert_allclose(_run(twin, latents), want, atol=2e-5)


def test_dcgan_twin_computes_what_jgan_computes(new_key):
    import torch

    torch.manual_seed(0)
    config = GANS["dcgan_conditional"][1]
    twin = torch_dcgan.Generator(config)
    arrays = {name: array.numpy() for name, array in twin.state_dict().items()}
    read, params = dcgan.convert(arrays, num_classes=config.num_classes)
    assert read == config
    latents = Latents(
        jax.random.normal(new_key(), (3, config.latent_dim)),
        jnp.array([0, 3, 1], jnp.int32),
    )
    from jgan.models.dcgan import Generator

    want, _ = jax.jit(Generator(config).apply)(params, latents)
    np.testing.assert_allclose(_run(twin, latents), want, atol=2e-5)


def test_torch_awareness_computes_what_jgan_computes():
    import torch

    from benchmarks import torch_awareness
    from jgan import awareness
    from tests.benchmarks.loading import load_generator

    gan = make_gan("biggan")
    twin = torch_biggan.Generator(gan.config)
    load_generator(twin, gan.params)
    key = jax.random.key(2)
    z = torch.tensor(np.asarray(gan.sample_latents(4, key=key).z))
    with torch.inference_mode():
        tables = torch_awareness.awareness(twin, z, gan.num_classes)
    want = awareness.channel_awareness(gan, num_latents=4, key=key)
    for table, layer in zip(tables, want.values(), strict=True):
        np.testing.assert_allclose(table, layer, rtol=1e-4, atol=1e-6)


def test_the_timed_biggan_has_the_units_of_the_paper():
    config = biggan.Config(resolution=128, width=64)
    assert config.units_out == (1024, 512, 256, 128, 64)
    assert config.num_chunks == 6


def test_stylegan2_twin_computes_what_jgan_computes(new_key):
    import torch

    from benchmarks import torch_stylegan2
    from jgan.models.stylegan2 import Generator

    torch.manual_seed(0)
    config = dataclasses.replace(GANS["stylegan2"][1], mapping_lr_multiplier=0.01)
    twin = torch_stylegan2.Generator(config)
    with torch.no_grad():
        for name, array in twin.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                array.add_(torch.randn(array.shape))
    arrays = {name: array.numpy() for name, array in twin.state_dict().items()}
    read, params = stylegan2.convert(arrays)
    assert dataclasses.replace(read, embed_dim=config.embed_dim) == config
    z = jax.random.normal(new_key(), (3, config.latent_dim))
    want, _ = jax.jit(Generator(config).apply)(params, StyleLatents(z))
    with torch.inference_mode():
        got = twin.eval()(torch.tensor(np.asarray(z))).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(got, want, atol=1e-5 * float(jnp.abs(want).max()))
