"""Attributes of scenes: those factors of the network that every scene has."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.segment import AttributeReader, SceneAttributes, scenes_network
from jgan.worlds.scenes import sample_scenes

pytestmark = pytest.mark.usefixtures("unoptimized")


def test_they_are_the_factors_of_those_names():
    network = scenes_network()
    reader = SceneAttributes(network)
    assert isinstance(reader, AttributeReader)
    scenes = sample_scenes(32, key=jax.random.key(0))
    got = np.asarray(reader.read(scenes.images))
    names = (*reader.style, *reader.geometry)
    assert got.shape == (32, len(names))
    factors = np.asarray(jax.jit(network.factors)(scenes.images))
    for column, name in zip(got.T, names, strict=True):
        want = factors[:, network.factor_names.index(name)]
        # Two programs of one network.
        np.testing.assert_allclose(column, want, atol=1e-5 * max(1, abs(want).max()))
    # And what they are called after, by the renderer.
    true = {
        "horizon": scenes.factors.horizon,
        "sky_red": scenes.factors.sky_color[:, 0],
    }
    for name, values in true.items():
        assert np.corrcoef(got[:, names.index(name)], values)[0, 1] > 0.9


def test_what_are_no_images_is_refused():
    reader = SceneAttributes(scenes_network())
    with pytest.raises(ValueError, match=r"Images have shape \(1, 60, 64, 3\)"):
        reader.read(jnp.zeros((1, 60, 64, 3)))
