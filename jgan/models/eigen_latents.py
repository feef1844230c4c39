"""Latents of EigenGAN: a coordinate for every dimension of every layer, and noise."""

from typing import NamedTuple

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray


class EigenLatents(NamedTuple):
    """Inputs of an EigenGAN, one row for each image.

    Attributes:
        z: Coordinates in the subspaces of all layers, those of the first layer first:
            the config's ``columns(layer)`` are those of one.
        eps: What starts the image and belongs to no dimension.
    """

    z: Float[Array, "image latent"]
    eps: Float[Array, "image noise"]


def check_eigen_latents(
    latents: EigenLatents, *, latent_dim: int, noise_dim: int
) -> None:
    """Refuses latents that a generator was not made for.

    Raises:
        ValueError: If a shape is wrong.
    """
    for name, value, size in (
        ("z", latents.z, latent_dim),
        ("eps", latents.eps, noise_dim),
    ):
        if jnp.ndim(value) != 2 or value.shape[1] != size:
            raise ValueError(
                f"latents.{name} has shape {jnp.shape(value)}; this generator takes "
                f"(image, {size})."
            )
    if len(latents.z) != len(latents.eps):
        raise ValueError(
            f"latents.z has {len(latents.z)} images and latents.eps "
            f"{len(latents.eps)}; give as many of both."
        )


def sample_eigen_latents(
    num_images: int,
    *,
    latent_dim: int,
    noise_dim: int,
    class_label: ArrayLike | None = None,
    truncation: ArrayLike | None = None,
    start: Int[ArrayLike, ""] = 0,
    key: PRNGKeyArray,
) -> EigenLatents:
    """Returns `num_images` latents, image `i` drawn from ``fold_in(key, i)`` alone.

    Args:
        num_images: How many. The first images of a larger batch are the same.
        latent_dim: Size of `z`.
        noise_dim: Size of `eps`.
        class_label: None, as there are no classes.
        truncation: Bound within which the normal numbers of `z` and `eps` are drawn, in
            standard deviations, one for all or one for each image; the authors show
            images at 1.5 (He, Kan & Shan, 2021, published code). None draws from the
            whole normal, as in training. May be traced.
        start: Number of the first image; may be traced.
        key: Consumed whole.

    Raises:
        ValueError: If there is a class label, or a truncation is not a positive number
            for all or each image.
    """
    if class_label is not None:
        raise ValueError(
            f"class_label is {class_label}, but this generator has no classes."
        )
    numbers = jnp.arange(num_images) + start
    keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(numbers)
    size = (latent_dim + noise_dim,)
    if truncation is None:
        drawn = jax.vmap(lambda k: jax.random.normal(k, size))(keys)
    else:
        draw = lambda k, bound: jax.random.truncated_normal(k, -bound, bound, size)
        drawn = jax.vmap(draw)(keys, _bounds(truncation, num_images))
    return EigenLatents(drawn[:, :latent_dim], drawn[:, latent_dim:])


def _bounds(truncation: ArrayLike, num_images: int) -> Float[Array, " image"]:
    if np.shape(truncation) not in ((), (num_images,)):
        raise ValueError(
            f"truncation has shape {np.shape(truncation)}; give one number, or one for "
            f"each of the {num_images} images."
        )
    if (
        not isinstance(truncation, jax.core.Tracer)
        and not (np.asarray(truncation, np.float32) > 0).all()
    ):
        raise ValueError(
            f"truncation is {truncation}; give a positive bound, such as 1.5 standard "
            "deviations."
        )
    return jnp.broadcast_to(jnp.asarray(truncation, jnp.float32), (num_images,))
