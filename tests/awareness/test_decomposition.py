"""Channels of the class and of the latent, planted in the normalization of a BigGAN."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import awareness
from jgan.awareness import _analytic
from tests.generators import make_gan

# Of the 16 channels of the first block: what each follows.
_CLASS, _LATENT, _NEITHER = [0, 5, 9], [2, 3], [7]


def _planted():
    gan = make_gan("biggan")
    params = jax.tree.map(lambda x: x, gan.params)
    embedding = gan.config.shared_dim
    for name in ("norm1", "norm2"):
        norm = params["params"]["block0"][name]
        for factor in ("gain", "bias"):
            # The class embedding comes before the chunk of the latent.
            kernel = np.array(norm[factor]["kernel"])
            kernel[embedding:, _CLASS] = 0
            kernel[:embedding, _LATENT] = 0
            kernel[:, _NEITHER] = 0
            norm[factor]["kernel"] = jnp.asarray(kernel)
    return dataclasses.replace(gan, params=params)


def test_planted_channels_are_told_apart_exactly(new_key):
    found = awareness.decompose_awareness(_planted(), num_latents=6, key=new_key())
    share = found["block0.act1"].class_share
    assert np.flatnonzero(share == 1).tolist() == _CLASS
    assert np.flatnonzero(share == 0).tolist() == _LATENT
    assert np.flatnonzero(np.isnan(share)).tolist() == _NEITHER


def test_batches_of_classes_add_up_to_the_whole(new_key, monkeypatch):
    gan, key = make_gan("biggan"), new_key()
    labels = jnp.arange(gan.num_classes)
    values = _analytic.awareness_by_latent(gan, labels, key, num_latents=4)
    units = sum(gan.layers[name].units for name in gan.conditional_layers)
    # Two classes at a time, the last of five alone.
    monkeypatch.setattr(_analytic, "_BATCH_FLOATS", 2 * 4 * units)
    found = awareness.decompose_awareness(gan, num_latents=4, key=key)
    assert [*found] == [*gan.conditional_layers]
    for layer, got in found.items():
        want = awareness.decompose(np.asarray(values[layer]))
        for mine, its in zip(got, want, strict=True):
            # float32 values of one program and of another.
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-9)


def test_where_the_class_alone_makes_the_factors_nothing_is_of_the_latent(new_key):
    gan = make_gan("biggan_unshared")
    for one in awareness.decompose_awareness(
        gan, num_latents=3, key=new_key()
    ).values():
        assert (one.by_latent == 0).all()
        assert (one.together == 0).all()
        assert (one.by_class > 0).any()


def test_what_is_not_a_number_stays_that():
    values = np.ones((2, 3, 2))
    values[0, 0, 1] = np.nan
    found = awareness.decompose(values)
    assert all((np.isnan(part) == [False, True]).all() for part in found)


def test_what_cannot_be_decomposed_is_refused(new_key):
    with pytest.raises(ValueError, match="5 classes and 1 latents; give 2 of each"):
        awareness.decompose_awareness(make_gan("biggan"), num_latents=1, key=new_key())
    with pytest.raises(ValueError, match="no class-conditional normalization"):
        awareness.decompose_awareness(
            make_gan("dcgan_conditional"), num_latents=2, key=new_key()
        )
