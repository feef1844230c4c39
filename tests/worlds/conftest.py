"""Scenes that several tests look at, drawn once."""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan.worlds.scenes import CLASS_NAMES, Scenes, sample_scenes

EACH = 32


@functools.cache
def draw_each(resolution: int) -> Scenes:
    """Thirty-two scenes of every class, in order, drawn from key 0."""
    labels = jnp.repeat(jnp.arange(len(CLASS_NAMES)), EACH)
    return sample_scenes(
        len(labels), resolution=resolution, class_label=labels, key=jax.random.key(0)
    )


@pytest.fixture(params=[64, 32])
def scenes(request):
    """The same scenes at two sizes."""
    return draw_each(request.param)
