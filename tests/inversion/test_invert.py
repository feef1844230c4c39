"""Inversion on generators of all kinds: latents come back, and bad input is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import inversion
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_KEY = jax.random.key(0)


def _linear():
    """A generator whose pixels are a tilted z: as convex as it gets."""
    gan = make_gan("dcgan")
    draw = np.random.default_rng(0)
    matrix = jnp.asarray(draw.standard_normal((8, 32 * 32 * 3)) / 10, jnp.float32)

    def forward(params, latents, edits=None):
        return (latents.z @ matrix).reshape(-1, 32, 32, 3), {}

    return dataclasses.replace(gan, forward=forward)


def test_latents_of_a_linear_generator_come_back():
    gan = _linear()
    latents = gan.sample_latents(5, key=jax.random.key(3))
    images, _ = gan.forward(gan.params, latents)
    found = inversion.invert(gan, images, num_steps=300, batch_size=2, key=_KEY)
    np.testing.assert_allclose(found.latents.z, latents.z, atol=1e-2)
    assert found.psnr.min() > 50
    assert found.losses.shape == (5, 300)
    assert (found.losses[:, -1] < 1e-2 * found.losses[:, 0]).all()
    assert found.edits == {}


def test_an_image_is_inverted_alone():
    gan = _linear()
    images, _ = gan.forward(gan.params, gan.sample_latents(3, key=jax.random.key(3)))
    options = {"num_steps": 20, "num_restarts": 2, "key": _KEY}
    together = inversion.invert(gan, images, batch_size=3, **options)
    alone = inversion.invert(gan, images, batch_size=1, **options)
    np.testing.assert_allclose(together.latents.z, alone.latents.z, atol=1e-5)
    assert together.latents.z.shape == (3, 8)


def test_the_figure_is_that_of_the_images():
    gan = make_gan("eigengan")
    images, _ = gan.forward(gan.params, gan.sample_latents(2, key=jax.random.key(3)))
    found = inversion.invert(gan, images, num_steps=5, num_restarts=2, key=_KEY)
    again, _ = jax.jit(gan.forward)(gan.params, found.latents)
    np.testing.assert_allclose(found.images, again, atol=1e-5)
    error = np.square(np.asarray(found.images) - np.asarray(images)).mean(
        axis=(1, 2, 3)
    )
    np.testing.assert_allclose(found.psnr, 10 * np.log10(4 / error), rtol=1e-4)
    assert found.latents.eps.shape == (2, 6)


def test_classes_are_kept_and_starts_are_of_them():
    gan = make_gan("biggan")
    latents = gan.sample_latents(
        2, class_label=jnp.array([1, 3]), key=jax.random.key(3)
    )
    images, _ = gan.forward(gan.params, latents)
    found = inversion.invert(
        gan,
        images,
        class_label=jnp.array([1, 3]),
        num_steps=5,
        num_restarts=2,
        key=_KEY,
    )
    np.testing.assert_array_equal(found.latents.class_label, [1, 3])
    drawn = inversion.invert(gan, images, num_steps=5, num_restarts=2, key=_KEY)
    assert drawn.latents.class_label.shape == (2,)


def test_a_tap_is_inverted_by_replacing_it():
    gan = make_gan("stylegan2")
    images, _ = gan.forward(gan.params, gan.sample_latents(2, key=jax.random.key(3)))
    options = {"num_steps": 60, "num_restarts": 2, "learning_rate": 0.05, "key": _KEY}
    found = inversion.invert(gan, images, target="w_plus", **options)
    assert (found.losses[:, -1] < found.losses[:, 0]).all()
    again, taps = gan.forward(gan.params, found.latents, found.edits)
    np.testing.assert_allclose(again, found.images, atol=1e-4)
    np.testing.assert_allclose(taps["w_plus"], found.edits["w_plus"].value)
    with pytest.raises(ValueError, match="no tap 'w_minus'"):
        inversion.invert(gan, images, target="w_minus", **options)


def test_features_and_the_prior_weigh_in():
    gan = _linear()
    images, _ = gan.forward(gan.params, gan.sample_latents(2, key=jax.random.key(3)))
    # What the generator cannot make: pixels and mean color then ask for other latents.
    noisy = images + 0.5 * jax.random.normal(jax.random.key(4), images.shape)
    color = lambda images: 100 * images.mean(axis=(1, 2))
    error = lambda found: float(abs(color(found.images) - color(noisy)).max())
    without = inversion.invert(gan, noisy, num_steps=200, key=_KEY)
    both = inversion.invert(gan, noisy, features=color, num_steps=200, key=_KEY)
    assert error(both) < 0.2 * error(without)
    plain = inversion.invert(gan, images, num_steps=200, key=_KEY)
    likely = inversion.invert(gan, images, prior_weight=10.0, num_steps=200, key=_KEY)
    size = lambda found: float(np.square(found.latents.z).mean())
    assert size(likely) < 0.1 * size(plain)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.zeros((1, 16, 16, 3))}, r"shape \(1, 16, 16, 3\); dcgan makes"),
        ({"images": np.zeros((0, 32, 32, 3))}, r"shape \(0, 32, 32, 3\)"),
        ({"images": np.full((1, 32, 32, 3), np.nan)}, "NaN"),
        ({"num_steps": 0}, "num_steps is 0"),
        ({"num_restarts": 0}, "num_restarts is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
    ],
)
def test_what_cannot_be_inverted_is_refused(change, message):
    options = {"images": np.zeros((1, 32, 32, 3)), "key": _KEY} | change
    with pytest.raises(ValueError, match=message):
        inversion.invert(_linear(), **options)
