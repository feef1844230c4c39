"""Latents of the families that start from a normal vector and perhaps a class."""

import math
from typing import NamedTuple

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

# The published BigGANs draw their truncated normal within two standard deviations.
_TRUNCATION_BOUND = 2.0


class Latents(NamedTuple):
    """Inputs of a generator, one row per image.

    Attributes:
        z: Normal vector.
        class_label: Class of each image, None for an unconditional generator.
        truncation: What each `z` was drawn with, for a generator that has statistics of
            every truncation; None for others, and where nothing was truncated.
    """

    z: Float[Array, "image latent"]
    class_label: Int[Array, " image"] | None = None
    truncation: Float[Array, " image"] | None = None


def check_latents(
    latents: Latents,
    *,
    latent_dim: int,
    num_classes: int,
    takes_truncation: bool = False,
) -> None:
    """Refuses latents that a generator was not made for.

    Raises:
        ValueError: If a shape or dtype is wrong, or labels or truncations lack or are
            too many.
    """
    z, labels, truncation = latents
    if jnp.ndim(z) != 2 or z.shape[1] != latent_dim:
        raise ValueError(
            f"latents.z has shape {jnp.shape(z)}; this generator takes (image, "
            f"{latent_dim})."
        )
    if truncation is not None:
        _check_kept_truncation(truncation, len(z), takes_truncation)
    if not num_classes:
        if labels is not None:
            raise ValueError("This generator has no classes: class_label must be None.")
        return
    if labels is None:
        raise ValueError("latents.class_label is None; give a label for each image.")
    if jnp.shape(labels) != z.shape[:1] or not jnp.issubdtype(
        jnp.result_type(labels), jnp.integer
    ):
        raise ValueError(
            f"latents.class_label has shape {jnp.shape(labels)} and dtype "
            f"{jnp.result_type(labels)}; give one integer for each of the {len(z)} "
            "images."
        )


def _check_kept_truncation(
    truncation: Array, num_images: int, takes_truncation: bool
) -> None:
    if not takes_truncation:
        raise ValueError(
            "This generator has no statistics of truncations: latents.truncation must "
            "be None. To truncate, scale z."
        )
    if jnp.shape(truncation) != (num_images,) or not jnp.issubdtype(
        jnp.result_type(truncation), jnp.floating
    ):
        raise ValueError(
            f"latents.truncation has shape {jnp.shape(truncation)} and dtype "
            f"{jnp.result_type(truncation)}; give one float for each of the "
            f"{num_images} images."
        )


def sample_latents(
    num_images: int,
    *,
    latent_dim: int,
    num_classes: int,
    class_label: ArrayLike | None = None,
    truncation: ArrayLike | None = None,
    keep_truncation: bool = False,
    start: Int[ArrayLike, ""] = 0,
    key: PRNGKeyArray,
) -> Latents:
    """Returns `num_images` latents, image `i` drawn from ``fold_in(key, i)`` alone.

    Args:
        num_images: How many. The first images of a larger batch are the same.
        latent_dim: Size of `z`.
        num_classes: Number of classes, 0 for none.
        class_label: One class for all, one for each image, or None to draw them evenly.
        truncation: None draws `z` from the standard normal, as in training. A number
            multiplies a normal truncated at two standard deviations, as in the official
            BigGAN demonstration (Brock, Donahue & Simonyan, 2019); 0.5 looks better and
            varies less than 1. One for all or one for each image; may be traced.
        keep_truncation: Whether the generator has statistics of truncations, from 0 to
            1, and so needs to be told.
        start: Number of the first image. What is drawn are the images ``start`` to
            ``start + num_images - 1`` of all that `key` gives; may be traced.
        key: Consumed whole.

    Raises:
        ValueError: If a class label does not exist, there are no classes to choose, or
            a truncation is out of range.
    """
    numbers = jnp.arange(num_images) + start
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(numbers)
    z_keys, class_keys = jnp.moveaxis(jax.vmap(jax.random.split)(keys), 1, 0)
    kept = None
    if truncation is None:
        z = jax.vmap(lambda k: jax.random.normal(k, (latent_dim,)))(z_keys)
    else:
        bound = _TRUNCATION_BOUND
        draw = lambda k: jax.random.truncated_normal(k, -bound, bound, (latent_dim,))
        most = 1.0 if keep_truncation else math.inf
        factor = checked_truncation(truncation, num_images, 0.0, most)[:, None]
        z = factor * jax.vmap(draw)(z_keys)
        if keep_truncation:
            kept = factor[:, 0]
    if class_label is not None:
        labels = _checked(class_label, num_images, num_classes)
    elif num_classes:
        labels = jax.vmap(lambda k: jax.random.randint(k, (), 0, num_classes))(
            class_keys
        )
    else:
        labels = None
    return Latents(z, labels, kept)


def checked_truncation(
    truncation: ArrayLike, num_images: int, least: float, most: float
) -> Float[Array, " image"]:
    """Returns the truncation of each image.

    Args:
        truncation: One for all or one for each image. A traced one is not checked.
        num_images: How many images.
        least: Smallest that makes sense, perhaps minus infinity.
        most: Largest, perhaps infinity.

    Raises:
        ValueError: If the shape is another, or a number is not finite or out of range.
    """
    if np.shape(truncation) not in ((), (num_images,)):
        raise ValueError(
            f"truncation has shape {np.shape(truncation)}; give one number, or one for "
            f"each of the {num_images} images."
        )
    if not isinstance(truncation, jax.core.Tracer):
        values = np.asarray(truncation, np.float32)
        if not np.all(np.isfinite(values) & (values >= least) & (values <= most)):
            raise ValueError(
                f"truncation is {truncation}; give finite numbers from {least:g} to "
                f"{most:g}."
            )
    return jnp.broadcast_to(jnp.asarray(truncation, jnp.float32), (num_images,))


def _checked(
    class_label: ArrayLike, num_images: int, num_classes: int
) -> Int[Array, " image"]:
    if not num_classes:
        raise ValueError(
            f"class_label is {class_label}, but this generator has no classes."
        )
    if np.shape(class_label) not in ((), (num_images,)):
        raise ValueError(
            f"class_label has shape {np.shape(class_label)}; give one label, or one "
            f"for each of the {num_images} images."
        )
    if not isinstance(class_label, jax.core.Tracer):
        labels = np.asarray(class_label)
        if not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(f"class_label must be integers, not {labels.dtype}.")
        unknown = sorted({int(i) for i in labels.flat if not 0 <= i < num_classes})
        if unknown:
            raise ValueError(
                f"There is no class {unknown}. Labels are 0 to {num_classes - 1}."
            )
    return jnp.broadcast_to(jnp.asarray(class_label, jnp.int32), (num_images,))
