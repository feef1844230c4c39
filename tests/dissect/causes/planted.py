"""A generator whose causes are known: houses on land, drawn by three units of ten.

A house is drawn where the three causal units are on *and* the land unit is: the sky
vetoes it, unless it is told not to, and then the land unit is no cause. Three decoys
are on exactly where houses are and draw nothing; the causal ones are also on beside it,
each elsewhere, so overlap prefers the decoys.
"""

import functools

import jax
import jax.numpy as jnp

from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.taps import Tapper

CONCEPTS = ("sky", "land", "house")
CELLS, NUM_UNITS, HORIZON = 8, 10, 3
CAUSAL, DECOYS, LAND = (1, 4, 7), (0, 3, 6), 2
LAYERS = {"layer": Layer(CELLS, CELLS, NUM_UNITS)}


def _square(z, *, up=0, left=0, right=0):
    """Two by two cells, or more, that two numbers of `z` place below the horizon."""
    room = jnp.asarray([CELLS - HORIZON - 1, CELLS - 1], jnp.float32)[None]
    corner = jnp.floor(jax.nn.sigmoid(2 * z[:, :2]) * room)
    corner = corner + jnp.asarray([HORIZON, 0], jnp.float32)[None]
    at = jnp.arange(CELLS, dtype=jnp.float32)[None, :]
    row, col = corner[:, :1], corner[:, 1:]
    rows = (at >= row - up) & (at < row + 2)
    cols = (at >= col - left) & (at < col + 2 + right)
    return (rows[:, :, None] & cols[:, None, :]).astype(jnp.float32)


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    # Every third image has no house.
    there = (latents.z[:, 2] > -0.4)[:, None, None].astype(jnp.float32)
    exact = there * _square(latents.z)
    rows = jnp.arange(CELLS)[None, :, None] >= HORIZON
    land = jnp.broadcast_to(rows, exact.shape).astype(jnp.float32)
    units = [jnp.zeros_like(exact)] * NUM_UNITS
    for unit in DECOYS:
        units[unit] = exact
    for unit, side in zip(CAUSAL, ("up", "left", "right"), strict=True):
        units[unit] = there * _square(latents.z, **{side: 2})
    units[LAND] = land
    x = tap("layer", jnp.stack(units, axis=-1) * params["gain"])
    # All three are needed for a house; two are not enough.
    together = x[..., jnp.asarray(CAUSAL)].mean(axis=-1)
    room = 1 - params["veto"] * (1 - x[..., LAND])
    house = jax.nn.sigmoid(8 * (together - 0.72)) * room
    ground = x[..., LAND]
    images = jnp.stack([house, ground, 1 - ground], axis=-1)
    images = jnp.repeat(jnp.repeat(images, 2, axis=1), 2, axis=2)
    return 2 * jnp.clip(images, 0, 1) - 1, tap.finish()


_draw = functools.partial(sample_latents, latent_dim=4, num_classes=0)


def planted_gan(*, gain=1.0, veto=1.0):
    return Gan(
        name="houses",
        family="planted",
        config=None,
        params={"gain": jnp.float32(gain), "veto": jnp.float32(veto)},
        forward=_forward,
        sample_latents=_draw,
        layers=LAYERS,
        conditional_layers=(),
        class_names=(),
        resolution=2 * CELLS,
    )


class Colors:
    """Reads red for house, green for land and blue for sky."""

    concepts = CONCEPTS

    def scores(self, images):
        house = jax.nn.sigmoid(6 * images[..., 0])
        sky = (1 - house) * jax.nn.sigmoid(6 * images[..., 2])
        parts = jnp.stack([sky, 1 - house - sky, house], axis=-1)
        return jnp.log(jnp.clip(parts, 1e-6, 1.0))

    def segment(self, images):
        return self.scores(images).argmax(axis=-1).astype(jnp.int32)


COLORS = Colors()
