"""Another config for the same parameters, and what bfloat16 costs in digits."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.convert import reconfigure
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")


@functools.cache
def _images(gan, seed=0):
    labels = 1 if gan.num_classes else None
    latents = gan.sample_latents(4, class_label=labels, key=jax.random.key(seed))
    return jax.jit(gan.forward)(gan.params, latents)


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan2_resnet"])
def test_bfloat16_is_close_and_only_where_it_was_asked_for(kind):
    gan = make_gan(kind)
    low = reconfigure(gan, num_bfloat16=1)
    assert low.config == dataclasses.replace(gan.config, num_bfloat16=1)
    chex.assert_trees_all_equal(low.params, gan.params)
    (images, taps), (low_images, low_taps) = _images(gan), _images(low)
    assert low_images.dtype == jnp.float32
    for name, tap in taps.items():
        error = np.abs(low_taps[name] - tap).max() / np.abs(tap).max()
        assert low_taps[name].dtype == jnp.float32
        if name.startswith("b16"):
            # A few roundings of 2^-9 each; none at all would be another program.
            assert 1e-4 < error < 0.02, name
        else:
            assert error < 1e-5, name
    error = np.abs(low_images - images).max() / np.ptp(images)
    assert 1e-4 < error < 0.01


def test_biggan_deep_interpolates_without_its_file():
    gan = make_gan("biggan_deep")
    latents = gan.sample_latents(1, truncation=0.405, key=jax.random.key(0))
    first = lambda gan: jax.jit(
        lambda params: gan.forward(params, latents)[1]["block0.act1"]
    )(gan.params)
    other = first(reconfigure(gan, swap_statistics=False))
    assert float(jnp.max(jnp.abs(other - first(gan)))) > 1e-3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"num_bfloat": 1}, r"no \['num_bfloat'\]. It has \['units'"),
        ({"num_bfloat16": 3}, "num_bfloat16 is 3; give 0 to 2"),
        ({"w_dim": 9}, "needs parameters of other shapes"),
        ({"architecture": "resnet"}, "needs parameters of other shapes"),
        ({"num_classes": 3}, "needs parameters of other shapes"),
    ],
)
def test_what_the_parameters_do_not_fit_is_refused(changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        reconfigure(make_gan("stylegan2"), **changes)
