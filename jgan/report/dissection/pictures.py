"""Images by their number, with the outline of where a unit is active."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from jgan import images as pictures
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.report.figures import cutout, strip

Strip = UInt8[np.ndarray, "row col 4"]


def unit_strips(
    gan: Gan,
    layer: str,
    numbers: dict[int, Sequence[int]],
    thresholds: Float[np.ndarray, " unit"],
    *,
    key: PRNGKeyArray,
) -> dict[int, Strip]:
    """Returns a strip for each unit: images, lit where the unit is active.

    Args:
        gan: The generator.
        layer: Of the units.
        numbers: By unit, which images.
        thresholds: Above which a unit of the layer is active.
        key: The images are those of `sample_latents` with this key.
    """
    pairs = [(unit, number) for unit, some in numbers.items() for number in some]
    size = images_that_fit(gan)
    tiles: dict[int, list] = {unit: [] for unit in numbers}
    for start in range(0, len(pairs), size):
        some = pairs[start : start + size]
        # The last batch repeats its first pair, so that there is one shape to compile.
        units, wanted = np.asarray((some + [some[0]] * size)[:size], np.int32).T
        images, maps = jax.device_get(
            _look(gan, jnp.asarray(wanted), jnp.asarray(units), key, layer)
        )
        for (unit, _), image, seen in zip(some, images, maps, strict=False):
            lit = cutout(pictures.to_uint8(image), seen, float(thresholds[unit]))
            tiles[unit].append(lit)
    return {unit: strip(some, cols=len(some)) for unit, some in tiles.items()}


@functools.partial(jax.jit, static_argnames="layer")
def _look(gan, numbers, units, key, layer):
    draw = lambda number: gan.sample_latents(1, start=number, key=key)
    latents = jax.tree.map(lambda x: x[:, 0], jax.vmap(draw)(numbers))
    images, taps = gan.forward(gan.params, latents, None)
    return images, taps[layer][jnp.arange(len(units)), :, :, units]
