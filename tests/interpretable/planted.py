"""A generator whose units come in groups, each active on one square of its own.

Where the squares are depends on the latent. The units of a group differ in gain and by
some noise that the latent decides; one unit in each ten is dead, and one group is of a
single unit.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.gan import Gan, Layer
from jgan.interpretable import Fit, Partition, rest_levels
from jgan.models.latents import sample_latents
from jgan.taps import Tapper

SIDE, SQUARE = 12, 3
SIZES = (9, 7, 6, 4, 1)
NUM_DEAD = 3
LAYER = "maps"
_LATENT = 2 * len(SIZES) + 2


def groups(num_dead=NUM_DEAD):
    """The group of each unit, -1 of the dead, in no order."""
    labels = np.repeat(np.arange(len(SIZES)), SIZES)
    labels = np.append(labels, np.full(num_dead, -1))
    return np.random.default_rng(0).permutation(labels)


def squares(z):
    """Where each group is active: image, row, col, group."""
    count = len(SIZES)
    corners = jnp.floor(jax.nn.sigmoid(z[:, : 2 * count]) * (SIDE - SQUARE + 0.999))
    at = jnp.arange(SIDE, dtype=jnp.float32)[None, :, None]
    inside = lambda corner: (at >= corner[:, None]) & (at < corner[:, None] + SQUARE)
    rows, cols = inside(corners[:, :count]), inside(corners[:, count:])
    return (rows[:, :, None] & cols[:, None]).astype(jnp.float32)


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    labels = jnp.asarray(params["groups"])
    shown = squares(latents.z)[..., jnp.maximum(labels, 0)]
    waves = jnp.sin(latents.z[:, -1:] * params["waves"][None])[:, None, None]
    at = jnp.arange(SIDE, dtype=jnp.float32)[None, :, None, None]
    noise = 0.15 * jnp.square(jnp.sin(at * (1 + waves)))
    maps = (shown + noise) * params["gain"][None, None, None]
    maps = tap(LAYER, jnp.where(labels[None, None, None] < 0, -1.0, maps))
    return jnp.tanh(maps[..., :3]), tap.finish()


def grouped_gan():
    labels = groups()
    draw = np.random.default_rng(1)
    return Gan(
        name="grouped",
        family="planted",
        config=None,
        params={
            "groups": jnp.asarray(labels),
            "gain": jnp.float32(draw.uniform(0.1, 5.0, len(labels))),
            "waves": jnp.float32(draw.uniform(0.5, 2.0, len(labels))),
        },
        forward=_forward,
        sample_latents=functools.partial(
            sample_latents, latent_dim=_LATENT, num_classes=0
        ),
        layers={LAYER: Layer(SIDE, SIDE, len(labels))},
        conditional_layers=(),
        class_names=(),
        resolution=SIDE,
    )


def partition(labels):
    """A partition of the generator's units that nothing was fitted for."""
    shares = np.equal.outer(labels, np.arange(len(SIZES))).astype(np.float32)
    return Partition(LAYER, _rest(), np.asarray(labels), shares, Fit(0, 0, 0))


@functools.cache
def _rest():
    # Of few images, a square is where it usually is in one place.
    sizes = {"num_images": 64, "batch_size": 16}
    return rest_levels(grouped_gan(), LAYER, **sizes, key=jax.random.key(9))
