"""The shipped network and a few scenes, made once."""

import functools

import jax
import pytest

from jgan.segment import SceneNetwork, scenes_network
from jgan.worlds.scenes import Scenes, sample_scenes


@functools.cache
def _network() -> SceneNetwork:
    return scenes_network()


@functools.cache
def _scenes() -> Scenes:
    return sample_scenes(16, key=jax.random.key(7))


@pytest.fixture
def network() -> SceneNetwork:
    """The network that comes with jgan."""
    return _network()


@pytest.fixture
def scenes() -> Scenes:
    """Sixteen scenes that training has not seen."""
    return _scenes()
