"""Where units are at rest: medians by place, over images and within a batch."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.gan import Layer
from jgan.interpretable import normalized_maps, rest_levels, rest_of
from tests.generators import make_gan
from tests.interpretable import planted


@pytest.mark.parametrize("batch_size", [5, 8, 24])
def test_levels_are_medians_of_each_place(batch_size):
    gan, key = planted.grouped_gan(), jax.random.key(2)
    latents = gan.sample_latents(24, key=key)
    _, taps = gan.forward(gan.params, latents, None)
    want = np.median(np.asarray(taps[planted.LAYER])[:21], axis=0)
    got = rest_levels(gan, planted.LAYER, num_images=21, batch_size=batch_size, key=key)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_of_many_images_the_first_are_held():
    gan, key = planted.grouped_gan(), jax.random.key(3)
    got = [
        rest_levels(gan, planted.LAYER, num_images=count, batch_size=64, key=key)
        for count in (256, 10**9)
    ]
    np.testing.assert_array_equal(*got)
    # Of a layer of so many numbers that no more than 16 images are held.
    large = dataclasses.replace(gan, layers={planted.LAYER: Layer(2**12, 2**12, 30)})
    sizes = {"batch_size": 16, "key": key}
    few = rest_levels(large, planted.LAYER, num_images=999, **sizes)
    want = rest_levels(gan, planted.LAYER, num_images=16, **sizes)
    np.testing.assert_array_equal(few, want)


def test_what_has_no_rest_is_refused():
    gan, key = planted.grouped_gan(), jax.random.key(4)
    with pytest.raises(ValueError, match="has no layer 'nowhere'"):
        rest_levels(gan, "nowhere", key=key)
    for sizes in ({"num_images": 0}, {"batch_size": 0}):
        with pytest.raises(ValueError, match="give at least 1"):
            rest_levels(gan, planted.LAYER, **sizes, key=key)
    broken = make_gan("dcgan")
    kernels = jax.tree.map(lambda x: jnp.full_like(x, jnp.nan), broken.params)
    broken = dataclasses.replace(broken, params=kernels)
    layer = next(iter(broken.layers))
    with pytest.raises(ValueError, match="is not finite in batch 0"):
        rest_levels(broken, layer, num_images=2, key=key)


@pytest.mark.parametrize("count", [60, 61])
def test_the_rest_of_a_batch_is_the_median_of_each_place(count):
    # Most values are off their mean, and one unit is constant.
    activation = jnp.exp(2 * jax.random.normal(jax.random.key(3), (count, 2, 3, 3)))
    activation = activation.at[..., 1].set(4.0)
    got, values = np.asarray(rest_of(activation)), np.asarray(activation)
    # Halved twelve times.
    wide = np.ptp(values, axis=0) / 2**12 + 1e-6
    np.testing.assert_array_less(np.abs(got - np.median(values, axis=0)), wide)
    assert np.abs(got - values.mean(axis=0))[..., [0, 2]].min() > 0.5


def test_a_unit_that_is_mostly_off_is_at_rest_where_it_is_off():
    activation = jax.nn.relu(jax.random.normal(jax.random.key(8), (32, 4, 4, 6)) - 1)
    values = np.asarray(activation)
    assert (np.median(values, axis=0) == 0).all()
    # To the bit: its map would be of length 1 otherwise.
    np.testing.assert_array_equal(rest_of(activation), 0)


def test_what_is_shifted_in_all_images_gains_nothing():
    """Off a rest that stays, a pattern that never changes would be activity."""
    activation = jax.random.normal(jax.random.key(5), (7, 3, 4, 2))
    wanted = jax.random.normal(jax.random.key(6), activation.shape)

    def cost(shift, rest):
        moved = activation + shift[None]
        return (wanted * normalized_maps(moved, rest(moved))).sum()

    shift = jnp.zeros((3, 4, 2))
    found = jax.grad(cost)(shift, rest_of)
    still = jax.grad(cost)(shift, lambda _: jnp.zeros((3, 4, 2)))
    np.testing.assert_allclose(found, 0, atol=1e-5)
    assert np.abs(still).max() > 0.1
    pattern = 3 * jax.random.normal(jax.random.key(7), shift.shape)
    # Bounds of the search are shifted too, and so where it ends.
    np.testing.assert_allclose(cost(pattern, rest_of), cost(shift, rest_of), rtol=0.02)
