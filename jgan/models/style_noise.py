"""Noise that the layers of a StyleGAN add: stored, scaled, or drawn for each image."""

import jax
from jaxtyping import Array, Float

from jgan.models.style_latents import StyleLatents


def noise_of_layer(
    stored: Float[Array, "row col"], latents: StyleLatents, *, number: int
) -> Float[Array, "#image row col"]:
    """Returns the noise of one layer, before the strength that the layer gives it.

    Args:
        stored: The same for all images.
        latents: Whose `noise_key` draws another in its place, and whose `noise` is a
            factor.
        number: Tells the layers apart, so that each has noise of its own.
    """
    noise = stored[None]
    if latents.noise_key is not None:
        draw = lambda key: jax.random.normal(
            jax.random.fold_in(key, number), stored.shape
        )
        noise = jax.vmap(draw)(latents.noise_key)
    if latents.noise is not None:
        noise = noise * latents.noise[:, None, None]
    return noise
