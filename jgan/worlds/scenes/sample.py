"""Scenes drawn at random: pictures with everything there is to know about them."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.worlds.scenes.classes import CLASS_NAMES
from jgan.worlds.scenes.factors import Factors, draw_factors
from jgan.worlds.scenes.render import render


class Scenes(NamedTuple):
    """Pictures and their truth, one row per image.

    Attributes:
        images: In [-1, 1].
        segmentation: Concept of each pixel, an index into `CONCEPTS`.
        class_label: Index into `CLASS_NAMES`.
        factors: What decided the pixels; each field has the image as its first axis.
    """

    images: Float[Array, "image row col 3"]
    segmentation: Int[Array, "image row col"]
    class_label: Int[Array, " image"]
    factors: Factors


@functools.partial(jax.jit, static_argnames=("num_images", "resolution"))
def sample_scenes(
    num_images: int,
    *,
    resolution: int = 64,
    class_label: Int[Array, " image"] | None = None,
    key: PRNGKeyArray,
) -> Scenes:
    """Returns `num_images` scenes, image `i` drawn from ``fold_in(key, i)`` alone.

    Args:
        num_images: How many. The first images of a larger batch are the same.
        resolution: Side of the pictures in pixels. The same scenes at any resolution.
        class_label: One for each image, or None to draw them evenly.
        key: Consumed whole.
    """

    def one(i, label):
        class_key, factors_key = jax.random.split(jax.random.fold_in(key, i))
        if label is None:
            label = jax.random.randint(class_key, (), 0, len(CLASS_NAMES))
        factors = draw_factors(label, key=factors_key)
        return *render(factors, resolution=resolution), factors

    images, segmentation, factors = jax.vmap(one)(jnp.arange(num_images), class_label)
    return Scenes(images, segmentation, factors.class_label, factors)
