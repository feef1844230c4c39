"""Latents of the StyleGAN family: what is drawn, and the controls of each image."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan.models.latents import (
    Latents,
    check_latents,
    checked_truncation,
    sample_latents,
)


class StyleLatents(NamedTuple):
    """Inputs of a style-based generator, one row per image.

    All but `z` and the class may be None, which is as the generator was trained. Other
    values of a control are other data and the same program; a control that was None is
    another program.

    Attributes:
        z: Normal vector.
        class_label: Class of each image, None for an unconditional generator.
        psi: Truncation: how far `w` goes from its mean, 1 for all the way. (Karras et
            al., 2019, appendix B.)
        cutoff: How many layers, from the first on, are truncated; None for all.
        noise: Factor on the noise of every layer: 1 as trained, 0 for none.
        noise_key: Draws fresh noise for each image in place of the stored one, which is
            the same for all. `jax.random.split` makes a batch of keys.
    """

    z: Float[Array, "image latent"]
    class_label: Int[Array, " image"] | None = None
    psi: Float[Array, " image"] | None = None
    cutoff: Int[Array, " image"] | None = None
    noise: Float[Array, " image"] | None = None
    noise_key: PRNGKeyArray | None = None


def check_style_latents(
    latents: StyleLatents, *, latent_dim: int, num_classes: int
) -> None:
    """Refuses latents that a generator was not made for.

    Raises:
        ValueError: If a shape or dtype is wrong, or labels lack or are too many.
    """
    drawn = Latents(latents.z, latents.class_label)
    check_latents(drawn, latent_dim=latent_dim, num_classes=num_classes)
    num_images = len(latents.z)
    kinds = {
        "psi": ("float", jnp.floating),
        "cutoff": ("integer", jnp.integer),
        "noise": ("float", jnp.floating),
        "noise_key": ("key of jax.random.split(key, num_images)", jax.dtypes.prng_key),
    }
    for name, (meant, kind) in kinds.items():
        value = getattr(latents, name)
        if value is None:
            continue
        dtype = jnp.asarray(value).dtype
        if jnp.shape(value) != (num_images,) or not jnp.issubdtype(dtype, kind):
            raise ValueError(
                f"latents.{name} has shape {jnp.shape(value)} and dtype {dtype}; give "
                f"one {meant} for each of the {num_images} images."
            )


def sample_style_latents(
    num_images: int,
    *,
    latent_dim: int,
    num_classes: int,
    class_label: ArrayLike | None = None,
    truncation: ArrayLike | None = None,
    start: Int[ArrayLike, ""] = 0,
    key: PRNGKeyArray,
) -> StyleLatents:
    """Returns `num_images` latents, image `i` drawn from ``fold_in(key, i)`` alone.

    They ask for stored noise and for truncation of all layers: ``latents._replace``
    changes `cutoff`, `noise` and `noise_key`.

    Args:
        num_images: How many. The first images of a larger batch are the same.
        latent_dim: Size of `z`.
        num_classes: Number of classes, 0 for none.
        class_label: One class for all, one for each image, or None to draw them evenly.
        truncation: Psi, one for all or one for each image; None does not truncate. May
            be traced.
        start: Number of the first image; may be traced.
        key: Consumed whole.

    Raises:
        ValueError: If a class label does not exist, there are no classes to choose, or
            a truncation is not a finite number for all or each image.
    """
    z, labels, _ = sample_latents(
        num_images,
        latent_dim=latent_dim,
        num_classes=num_classes,
        class_label=class_label,
        start=start,
        key=key,
    )
    if truncation is None:
        return StyleLatents(z, labels)
    # Beyond 1 styles are exaggerated, below 0 they turn into their opposite.
    psi = checked_truncation(truncation, num_images, -math.inf, math.inf)
    return StyleLatents(z, labels, psi)
