"""Real generators, pulled from the package index, against their own torch modules."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import zoo
from jgan.models.latents import Latents
from tests.golden.make_wheels import STRIDE, WHEELS, golden_path

pytestmark = [pytest.mark.slow, pytest.mark.network]


@pytest.fixture(scope="session")
def pulled(tmp_path_factory):
    """Generators by name, each pulled once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JGAN_HOME", str(tmp_path_factory.mktemp("home")))
        yield {name: zoo.load(name) for name in WHEELS}


@pytest.mark.parametrize("name", WHEELS)
def test_images_equal_those_of_the_original_module(pulled, name):
    gan = pulled[name]
    with np.load(golden_path(name)) as golden:
        want = dict(golden)
    label = jnp.asarray(want["class_label"]) if gan.num_classes else None
    images, _ = jax.jit(gan.forward)(gan.params, Latents(jnp.asarray(want["z"]), label))
    images = np.asarray(images)
    whole, fourth = images[want["whole"]], images[:, ::STRIDE, ::STRIDE]
    np.testing.assert_allclose(whole, want["images"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(fourth, want["every_fourth_pixel"], rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", WHEELS)
def test_taps_halve_in_units_and_double_in_size(pulled, name):
    gan = pulled[name]
    latents = gan.sample_latents(2, key=jax.random.key(0))
    shapes = jax.eval_shape(gan.forward, gan.params, latents)[1]
    widest = {"eyes": 1024}.get(name, 512)
    want = {
        f"layer{i + 1}": (2, 4 * 2**i, 4 * 2**i, widest // 2**i)
        for i in range(len(gan.layers))
    }
    assert {layer: tap.shape for layer, tap in shapes.items()} == want
    assert want[f"layer{len(want)}"][1] * 2 == gan.resolution


@pytest.mark.parametrize("name", WHEELS)
def test_table_says_what_the_checkpoint_holds(pulled, name):
    gan, entry = pulled[name], zoo.find(name)
    got = (gan.name, gan.family, gan.resolution, gan.num_classes)
    assert got == (entry.name, entry.family, entry.resolution, entry.num_classes)
    assert gan.class_names == (entry.class_names or ())
    assert entry.wheel is not None
    assert entry.wheel.sha256 == WHEELS[name]["sha256"]
