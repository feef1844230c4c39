"""A generator that paints squares, and units that are, or only look like, their cause.

The image shows a red square where the first units of the layer are on, on a green or a
blue ground. Everything about it is known.
"""

import functools

import jax
import jax.numpy as jnp

from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.taps import Tapper

SIDE, CELLS = 16, 8
CONCEPTS = ("ground", "square")
NUM_UNITS = 8
SQUARE, GROUND, DEAD, SKY = 0, 1, 2, 3
LAYERS = {"layer": Layer(CELLS, CELLS, NUM_UNITS)}


def _mask(z):
    """Where the square is: of 3 x 3 cells, its corner decided by two numbers of `z`."""
    corner = jnp.floor(jax.nn.sigmoid(2 * z[:, :2]) * (CELLS - 3))
    at = jnp.arange(CELLS, dtype=jnp.float32)[None, :]
    inside = [(at >= c) & (at < c + 3) for c in (corner[:, :1], corner[:, 1:])]
    return (inside[0][:, :, None] & inside[1][:, None, :]).astype(jnp.float32)


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    square = _mask(latents.z)
    units = [
        square,
        1 - square,
        jnp.zeros_like(square),
        # Equal in all images: it overlaps with what is always in one place.
        jnp.zeros_like(square).at[:, :4].set(1.0),
        *(jnp.roll(square, i, axis=0) for i in range(1, 1 + NUM_UNITS - 4)),
    ]
    x = tap("layer", jnp.stack(units, axis=-1) * params["gain"])
    red = jnp.repeat(jnp.repeat(x[..., :1], 2, axis=1), 2, axis=2)
    color = jnp.asarray([1.0, -1.0, -1.0])[None, None, None]
    images = jnp.clip(red, 0, 1) * (2 * color) - color
    return images, tap.finish()


_draw = functools.partial(sample_latents, latent_dim=4, num_classes=0)


def planted_gan():
    return Gan(
        name="squares",
        family="planted",
        config=None,
        params={"gain": jnp.ones(())},
        forward=_forward,
        sample_latents=_draw,
        layers=LAYERS,
        conditional_layers=(),
        class_names=(),
        resolution=SIDE,
    )


class Colors:
    """Reads the square off its color."""

    concepts = CONCEPTS

    def segment(self, images):
        return (images[..., 0] > 0).astype(jnp.int32)


COLORS = Colors()
