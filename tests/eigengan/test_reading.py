"""Dimensions, effects and attributes, on a generator whose every layer is known."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import eigengan
from tests.eigengan.tiny import CONFIG, untrained
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")


def _planted():
    """Images whose pixels are linear in z: of layer 1 a little, of layer 2 a lot.

    Dimension 1 of layer 2 counts three times as much as dimension 0.
    """
    gan = untrained()
    weights = jnp.asarray([0.1, 0.0, 0.2, 0.3, 0.9])

    def forward(params, latents, edits=None):
        value = latents.z * weights[None]
        noise = 0.5 * latents.eps[:, :1]
        flat = jnp.concatenate([value, noise], axis=1)
        whole = jnp.zeros((len(flat), 16, 16, 3)).at[:, 0, :6, 0].set(flat)
        return whole, {}

    return dataclasses.replace(gan, forward=forward)


class _Reader:
    """The six pixels that are planted; the last cannot be read where it is negative."""

    style = ("a", "b")
    geometry = ("c", "d", "e", "noise")

    def read(self, images):
        pixels = images[:, 0, :6, 0]
        last = jnp.where(pixels[:, 5:] >= 0, pixels[:, 5:], jnp.nan)
        return jnp.concatenate([pixels[:, :5], last], axis=1)


_KEY = jax.random.key(0)


def test_effects_are_shares_of_the_variance():
    found = eigengan.effects(_planted(), num_images=4096, batch_size=512, key=_KEY)
    squares = np.square([0.1, 0.0, 0.2, 0.3, 0.9, 0.5])
    want = squares / squares.sum()
    # 4,096 images: a sixty-fourth of their size, and some for the total.
    np.testing.assert_allclose(found.dimensions[:, 0], want[:5], atol=0.03)
    np.testing.assert_allclose(
        found.layers[:, 0], [want[:3].sum(), want[3:5].sum()], atol=0.03
    )
    np.testing.assert_allclose(found.noise, want[5:], atol=0.03)


def test_effects_on_attributes_are_of_each_alone():
    found = eigengan.effects(
        _planted(), reader=_Reader(), num_images=512, batch_size=256, key=_KEY
    )
    # Each attribute is one input; one that never varies has no share.
    want = np.eye(6)[:, [0, 2, 3, 4, 5]]
    got = np.concatenate([found.dimensions, found.noise[None]])[:, [0, 2, 3, 4, 5]]
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert np.isnan(found.dimensions[:, 1]).all()
    np.testing.assert_allclose(found.layers[:, 0], [1, 0], atol=1e-5)


def test_effects_do_not_depend_on_the_batch():
    gan = untrained()
    of = lambda size: eigengan.effects(gan, num_images=12, batch_size=size, key=_KEY)
    for a, b in zip(of(12), of(4), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)


def test_dimensions_are_sorted_by_the_length_of_a_step():
    gan = untrained()
    subspace = gan.params["params"]["subspace1"]
    changed = subspace | {
        "importance": jnp.asarray([1.0, -5.0, 2.0]),
        "basis": subspace["basis"] * jnp.asarray([1.0, 1.0, 4.0])[None, None, None],
    }
    params = {"params": gan.params["params"] | {"subspace1": changed}}
    found = eigengan.dimensions(dataclasses.replace(gan, params=params))
    assert [d.name for d in found] == ["1-1", "1-2", "1-3", "2-1", "2-2"]
    assert [d.column for d in found] == [2, 1, 0, 3, 4]
    np.testing.assert_allclose(
        [d.importance for d in found], [8, 5, 1, 6, 3], rtol=1e-5
    )


def test_a_traversal_sets_one_coordinate_and_leaves_the_rest():
    gan = untrained()
    latents = gan.sample_latents(2, key=_KEY)
    got = eigengan.traverse(gan, latents, [3, 0], values=[-4.5, 0.0, 2.0])
    assert got.shape == (2, 3, 2, 16, 16, 3)
    forward = jax.jit(lambda latents: gan.forward(gan.params, latents)[0])
    for i, column in enumerate((3, 0)):
        for j, value in enumerate((-4.5, 0.0, 2.0)):
            want = forward(latents._replace(z=latents.z.at[:, column].set(value)))
            np.testing.assert_allclose(got[i, j], want, atol=1e-5)
    # phi is linear in a coordinate.
    read = jax.jit(lambda z: gan.forward(gan.params, latents._replace(z=z))[1]["phi2"])
    at = lambda value: read(latents.z.at[:, 3].set(value))
    np.testing.assert_allclose(at(1.0) - at(0.0), at(4.0) - at(3.0), atol=1e-5)


def test_without_a_layer_its_phi_is_its_origin():
    gan = untrained()
    latents = gan.sample_latents(2, key=_KEY)
    whole = gan.forward(gan.params, latents)[0]
    gone = eigengan.without_layer(gan, latents, 2)
    assert abs(gone - whole).max() > 1e-3
    zeroed = latents._replace(z=latents.z.at[:, 3:].set(0.0))
    images, taps = gan.forward(gan.params, zeroed)
    np.testing.assert_allclose(gone, images, atol=1e-5)
    origin = gan.params["params"]["subspace2"]["origin"]
    np.testing.assert_allclose(
        taps["phi2"], jnp.broadcast_to(origin, (2, 8, 8, 6)), atol=1e-6
    )


def test_readings_are_of_the_images_that_the_codes_make():
    read = eigengan.read_attributes(
        _planted(), _Reader(), num_images=300, batch_size=100, key=_KEY
    )
    assert read.codes.shape == (300, 5)
    np.testing.assert_allclose(read.attributes[:, 4], 0.9 * read.codes[:, 4], rtol=1e-5)
    compared = read.compared()
    np.testing.assert_allclose(
        compared.correlation[[0, 2, 3, 4], [0, 2, 3, 4]], 1, atol=1e-6
    )
    assert compared.gaps[4] > 0.5


def test_other_families_and_sizes_are_refused():
    dcgan = make_gan("dcgan")
    for call in (
        lambda: eigengan.dimensions(dcgan),
        lambda: eigengan.effects(dcgan, key=_KEY),
        lambda: eigengan.read_attributes(dcgan, _Reader(), key=_KEY),
    ):
        with pytest.raises(ValueError, match="dcgan is a dcgan; only an EigenGAN"):
            call()
    gan = untrained()
    latents = gan.sample_latents(1, key=_KEY)
    with pytest.raises(ValueError, match="no column .5. of z. They are 0 to 4"):
        eigengan.traverse(gan, latents, [5])
    with pytest.raises(ValueError, match="no layer 3. They are 1 to 2"):
        eigengan.without_layer(gan, latents, 3)
    for sizes in (
        {"num_images": 10, "batch_size": 4},
        {"num_images": 0, "batch_size": 1},
    ):
        with pytest.raises(ValueError, match="give a multiple of batch_size"):
            eigengan.effects(gan, **sizes, key=_KEY)
        with pytest.raises(ValueError, match="give a multiple of batch_size"):
            eigengan.read_attributes(gan, _Reader(), **sizes, key=_KEY)


def test_columns_are_those_of_each_layer():
    config = CONFIG.generator
    assert (config.columns(1), config.columns(2)) == (slice(0, 3), slice(3, 5))
    assert (config.resolution, config.latent_dim, config.side(2)) == (16, 5, 8)
