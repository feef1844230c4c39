"""The face parts, and faces that a real generator makes, both made once."""

import functools
import importlib.util

import jax
import numpy as np
import pytest

from jgan import zoo
from jgan.segment.faces import FaceParts


@pytest.fixture(scope="session")
def parts(tmp_path_factory) -> FaceParts:
    """What tells face parts, where the extra is installed."""
    if importlib.util.find_spec("ai_edge_litert") is None:
        pytest.skip("needs the extra: faces")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JGAN_HOME", str(tmp_path_factory.mktemp("home")))
        return zoo.face_parts()


@pytest.fixture(scope="session")
def faces(tmp_path_factory):
    """Sixteen faces of faces-digiface, in [-1, 1]."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JGAN_HOME", str(tmp_path_factory.mktemp("home")))
        gan = zoo.load("faces-digiface")
    latents = gan.sample_latents(16, key=jax.random.key(0))
    return jax.jit(gan.forward)(gan.params, latents)[0]


@functools.cache
def _noise():
    return jax.random.uniform(
        jax.random.key(1), (2, 64, 64, 3), minval=-1.0, maxval=1.0
    )


@pytest.fixture
def faceless():
    """Pictures without a face: black, white, and two of noise."""
    flat = np.stack([np.full((64, 64, 3), value, np.float32) for value in (-1, 1)])
    return jax.numpy.concatenate([flat, _noise()])
