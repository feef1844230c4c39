"""`stats.collect` against a plain loop in NumPy."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from tests.generators import make_gan


def test_matches_numpy_for_every_batch_size(new_key):
    gan, key, layers = make_gan("dcgan_conditional"), new_key(), ("layer2", "layer1")
    # 5 images in batches of 2 leave a partial batch, in batches of 8 most is padding.
    got = {
        size: stats.collect(gan, layers, num_images=5, batch_size=size, key=key)
        for size in (2, 8)
    }
    assert all(tuple(found) == layers for found in got.values())
    _, taps = jax.jit(gan.forward)(gan.params, gan.sample_latents(5, key=key))
    for layer in layers:
        activation = np.asarray(taps[layer], np.float64)
        pixels = activation.reshape(-1, activation.shape[-1])
        scale = np.abs(pixels).max()
        for statistics in (found[layer] for found in got.values()):
            close = lambda a, b, scale=scale: np.testing.assert_allclose(
                a, b, rtol=1e-4, atol=1e-5 * scale
            )
            close(statistics.pixels.mean, pixels.mean(0))
            close(stats.unit_std(statistics.pixels), pixels.std(0))
            close(stats.unit_std(statistics.images), activation.mean((1, 2)).std(0))
            close(statistics.maximum, pixels.max(0))
            assert statistics.pixels.num_samples == len(pixels)
            assert statistics.images.num_samples == 5


def test_all_batches_and_calls_share_one_trace(new_key):
    gan = make_gan("dcgan")
    # Another name, as a generator of the same name would find the other's program.
    forward = gan.forward
    traced = chex.assert_max_traces(lambda *args: forward(*args), 1)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for num_images in (7, 7):
        stats.collect(
            gan, ("layer1",), num_images=num_images, batch_size=3, key=new_key()
        )


def test_progress_ends_at_the_whole(new_key):
    seen = []
    stats.collect(
        make_gan("dcgan"),
        ("layer2",),
        num_images=5,
        batch_size=2,
        key=new_key(),
        progress=seen.append,
    )
    assert seen == [0.4, 0.8, 1.0]


def test_nan_names_the_layer_and_the_batch(new_key):
    gan = make_gan("dcgan")
    scale = gan.params["params"]["norm2"]["gain"]
    broken = jax.tree.map(lambda x: x, gan.params)
    broken["params"]["norm2"]["gain"] = jnp.full_like(scale, jnp.nan)
    layers = tuple(gan.layers)
    with pytest.raises(ValueError, match="'layer2' is not finite in batch 0"):
        stats.collect(
            dataclasses.replace(gan, params=broken),
            layers,
            num_images=4,
            batch_size=2,
            key=new_key(),
        )


def test_an_unknown_layer_lists_the_layers(new_key):
    with pytest.raises(ValueError, match="no layer 'layer9'.*layer1, layer2"):
        stats.collect(
            make_gan("dcgan"), ["layer9"], num_images=1, batch_size=1, key=new_key()
        )
