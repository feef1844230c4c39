"""Where units are at rest, so that they are active by as much as they are off it.

A unit is at rest at what it usually is at that place: at its median over images. What
all images have there is no concept of any of them; and off a rest that were one number
for all places, a pattern that never changes would count as activity, and outweigh what
does. To either side, because what follows a layer without a rectifier reads both. A
jgan reconstruction: Li et al. (2022) do not say how filters are compared.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan
from jgan.typing import Activation

# The standard error of a median of 256 images is a twelfth of the standard deviation.
# They are held in memory at once, a quarter of a gigabyte of them or 16 images, and for
# the median three times over.
_MOST, _LEAST, _NUMBERS = 256, 16, 2**26
# The median is then within a 4,000th of a number's range; a sort takes 80 times longer.
_HALVINGS = 12


def rest_levels(
    gan: Gan,
    layer: str,
    *,
    num_images: int = _MOST,
    batch_size: int = 32,
    key: PRNGKeyArray,
) -> Float[np.ndarray, "row col unit"]:
    """Returns the median of each unit at each place over images.

    Args:
        gan: The generator.
        layer: Of ``gan.layers``.
        num_images: Images to look at. Of more than 256, the first 256 are, and of a
            layer of more than 262,144 numbers fewer, down to the first 16.
        batch_size: Images at a time.
        key: Consumed whole. The same key means the same latents.

    Raises:
        ValueError: If there is no such layer, a size is below 1, or an activation is
            not finite.
    """
    stats.check_layers(gan, (layer,))
    if num_images < 1 or batch_size < 1:
        raise ValueError(
            f"num_images is {num_images} and batch_size {batch_size}; give at least 1."
        )
    size = gan.layers[layer]
    held = _NUMBERS // (size.rows * size.cols * size.units)
    num_images = min(num_images, max(_LEAST, min(_MOST, held)))
    batch_size = min(batch_size, num_images)
    seen = []
    for batch, start in enumerate(range(0, num_images, batch_size)):
        latents = gan.sample_latents(batch_size, start=start, key=key)
        activation = np.asarray(_activation(gan, latents, layer))
        stats.check_finite({layer: np.isfinite(activation).all()}, batch=batch)
        seen.append(activation[: num_images - start])
    return np.median(np.concatenate(seen), axis=0).astype(np.float32)


@functools.partial(jax.jit, static_argnums=2)
def _activation(gan: Gan, latents: Any, layer: str) -> Activation:
    return gan.forward(gan.params, latents, None)[1][layer]


def rest_of(activation: Activation) -> Float[Array, "row col unit"]:
    """Returns the median of each unit and place over a batch, with the mean's slope.

    What a unit is compared with has to move with it: off a rest that stays, units would
    be anywhere else, and all losses small, without one that is active elsewhere.

    Args:
        activation: Of a layer.
    """
    values = jax.lax.stop_gradient(activation)

    def halve(
        _: Int[ArrayLike, ""], bounds: tuple[Array, Array]
    ) -> tuple[Array, Array]:
        # Two at once, which end at the two values in the middle.
        low, high = bounds
        middle = (low + high) / 2
        below = 2 * (values[None] < middle[:, None]).sum(axis=1)
        above = jnp.stack([below[0] < len(values), below[1] <= len(values)])
        return jnp.where(above, middle, low), jnp.where(above, high, middle)

    twice = lambda bound: jnp.stack([bound, bound])
    bounds = twice(values.min(axis=0)), twice(values.max(axis=0))
    low, _ = jax.lax.fori_loop(0, _HALVINGS, halve, bounds)
    # Values that there are: a unit that is mostly off is at rest where it is off.
    near = jnp.where(values[None] >= low[:, None], values[None], jnp.inf).min(axis=1)
    # Half way between them, no image is at rest by chance: there, a map has a kink.
    median = near.mean(axis=0)
    mean = activation.mean(axis=0)
    # To the bit: of a unit that is off, the last bit would be all its activity.
    return median + (mean - jax.lax.stop_gradient(mean))
