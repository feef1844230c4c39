"""Small damage to training images, so that imperfect ones are read as well.

A generator's images are a little soft and a little noisy; the renderer's are neither.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from jgan.typing import Images

# On the scale of [-1, 1]: up to about six steps of 8-bit color.
MAX_NOISE = 0.05
# Weight of the 3 x 3 mean: at most a blur of half a pixel's standard deviation.
MAX_BLUR = 0.4
# The rest stay as they are, so that clean images are read no worse.
_DAMAGED = 0.5


def augment(images: Images, *, key: PRNGKeyArray) -> Images:
    """Returns the images, some of them blurred, some noisy, some both.

    Args:
        images: In [-1, 1]; noise may leave that range.
        key: Consumed whole.
    """
    blur_key, level_key, noise_key = jax.random.split(key, 3)
    blur = MAX_BLUR * _amount(len(images), key=blur_key)
    images = images + blur * (_mean_of_nine(images) - images)
    level = MAX_NOISE * _amount(len(images), key=level_key)
    return images + level * jax.random.normal(noise_key, images.shape, images.dtype)


def _amount(num_images: int, *, key: PRNGKeyArray) -> Float[Array, "image 1 1 1"]:
    """Returns a number in [0, 1] for each image, 0 for those that are left alone."""
    chance_key, amount_key = jax.random.split(key)
    shape = (num_images, 1, 1, 1)
    damaged = jax.random.bernoulli(chance_key, _DAMAGED, shape)
    return jnp.where(damaged, jax.random.uniform(amount_key, shape), 0.0)


def _mean_of_nine(images: Images) -> Images:
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    window, step = (1, 3, 3, 1), (1, 1, 1, 1)
    return jax.lax.reduce_window(padded, 0.0, jax.lax.add, window, step, "VALID") / 9
