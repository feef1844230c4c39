"""Scenes drawn at random: pictures with everything there is to know about them."""

import functools
from typing import NamedTuple

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

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


def sample_scenes(
    num_images: int,
    *,
    resolution: int = 64,
    class_label: Int[ArrayLike, "*image"] | None = None,
    key: PRNGKeyArray,
) -> Scenes:
    """Returns `num_images` scenes, image `i` drawn from ``fold_in(key, i)`` alone.

    Compiled once for each number and size of images. May be called under `jax.jit`.

    Args:
        num_images: How many. The first images of a larger batch are the same.
        resolution: Side of the pictures in pixels. The same scenes at any resolution.
        class_label: One class for all, one for each image, or None to draw them evenly.
        key: Consumed whole.

    Raises:
        ValueError: If there is no image to draw, `resolution` is too small for the
            objects, or a class label does not exist; a traced label is not checked.
    """
    if num_images < 1:
        raise ValueError(f"num_images is {num_images}; it takes at least 1.")
    if class_label is not None:
        class_label = _checked(class_label, num_images)
    return _sample(num_images, resolution, class_label, key)


def _checked(class_label: ArrayLike, num_images: int) -> Int[Array, " image"]:
    if np.shape(class_label) not in ((), (num_images,)):
        raise ValueError(
            f"class_label has shape {np.shape(class_label)}; give one label, or one "
            f"for each of the {num_images} images."
        )
    if not isinstance(class_label, jax.core.Tracer):
        labels = np.asarray(class_label)
        if not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(f"class_label must be integers, not {labels.dtype}.")
        unknown = sorted({int(i) for i in labels.flat if not 0 <= i < len(CLASS_NAMES)})
        if unknown:
            names = ", ".join(f"{i} {name}" for i, name in enumerate(CLASS_NAMES))
            raise ValueError(f"There is no class {unknown}. The classes are {names}.")
    return jnp.broadcast_to(jnp.asarray(class_label, jnp.int32), (num_images,))


@functools.partial(jax.jit, static_argnums=(0, 1))
def _sample(
    num_images: int,
    resolution: int,
    class_label: Int[Array, " image"] | None,
    key: PRNGKeyArray,
) -> Scenes:
    def one(i, label):
        class_key, factors_key = jax.random.split(jax.random.fold_in(key, i))
        if label is None:
            label = jax.random.randint(class_key, (), 0, len(CLASS_NAMES))
        factors = draw_factors(label, key=factors_key)
        return *render(factors, resolution=resolution), factors

    images, segmentation, factors = jax.vmap(one)(jnp.arange(num_images), class_label)
    return Scenes(images, segmentation, factors.class_label, factors)
