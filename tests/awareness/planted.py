"""A generator whose parts are known, drawn by few channels among many others.

Of every layer, three channels of each class show the three parts of its images, all
others unrelated stripes. The class lets the channels of its own through, and of the
others only the peaks. Everything is about standard normal before that, as batch
normalization makes it.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.taps import Tapper

SIDE, NUM_CLASSES, NUM_PARTS = 16, 3, 3
LAYERS = {"coarse": Layer(8, 8, 120), "fine": Layer(16, 16, 120)}
_LATENT = 3 * NUM_CLASSES + 1


def parts(latents):
    """The part of each pixel: a square before a ground and a sky."""
    numbers = latents.z[:, :-1].reshape(-1, NUM_CLASSES, 3)
    own = jax.nn.one_hot(latents.class_label, NUM_CLASSES)
    return _parts(jnp.einsum("nci,nc->ni", numbers, own))


def _parts(numbers):
    """From three numbers of each image. Even, so that the coarse layer has it too."""
    # Not in the middle: the square is in one of them as a whole.
    share = jax.nn.sigmoid(2 * numbers)
    horizon = 6 + 2 * jnp.floor(2 * share[:, :1])
    row, col = (2 * jnp.floor(share[:, i : i + 1] * 5) for i in (1, 2))
    at = jnp.arange(SIDE, dtype=jnp.float32)[None]
    inside = lambda corner: (at >= corner) & (at < corner + 6)
    square = inside(row)[:, :, None] & inside(col)[:, None, :]
    ground = (at >= horizon)[:, :, None] & jnp.full_like(square, True)
    return jnp.where(square, 2, ground.astype(jnp.int32))


def _standardized(inside, layer, *, share):
    """Where it is, with the moments of a standard normal if it has that share."""
    step = SIDE // LAYERS[layer].rows
    inside = inside[:, ::step, ::step].astype(jnp.float32)
    return (inside - share) / (share * (1 - share)) ** 0.5


def _normalized(z, layer):
    channels = []
    numbers = z[:, :-1].reshape(-1, NUM_CLASSES, 3)
    for label in range(NUM_CLASSES):
        shown = _parts(numbers[:, label])
        channels += [
            _standardized(shown == part, layer, share=1 / NUM_PARTS)
            for part in range(NUM_PARTS)
        ]
    first = jnp.floor(4 * jax.nn.sigmoid(z[:, -1]))
    at = jnp.arange(SIDE, dtype=jnp.float32)
    # Each channel shows one of four stripes, wherever the image has them begin. All at
    # once, as a program of a hundred separate ones takes long to compile.
    units = jnp.arange(len(channels), LAYERS[layer].units, dtype=jnp.float32)
    places = (at[None] // 2 + first[:, None])[:, None, :, None]
    stripes = (places + units[None, None, None]) % 4 == 0
    stripes = jnp.broadcast_to(stripes, (len(z), SIDE, SIDE, len(units)))
    stripes = _standardized(stripes, layer, share=0.25)
    return jnp.concatenate([jnp.stack(channels, axis=-1), stripes], axis=-1)


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    x = jnp.zeros((len(latents.z), SIDE, SIDE))
    for layer in LAYERS:
        look_up = lambda table: table[latents.class_label]
        gain = tap(f"{layer}.gain", look_up(params[layer]["gain"]))
        bias = tap(f"{layer}.bias", look_up(params[layer]["bias"]))
        normalized = _normalized(latents.z, layer)
        shown = gain[:, None, None] * normalized + bias[:, None, None]
        x = tap(layer, jax.nn.relu(shown))
    own = jnp.tanh(x[..., : NUM_PARTS * NUM_CLASSES])
    return own.reshape(*own.shape[:3], NUM_CLASSES, 3).mean(axis=3), tap.finish()


_draw = functools.partial(sample_latents, latent_dim=_LATENT, num_classes=NUM_CLASSES)


def parts_gan():
    params = {}
    for layer, (_, _, units) in LAYERS.items():
        bias = np.full((NUM_CLASSES, units), -1.0, np.float32)
        for label in range(NUM_CLASSES):
            bias[label, NUM_PARTS * label : NUM_PARTS * (label + 1)] = 1.0
        gain = np.ones((NUM_CLASSES, units), np.float32)
        params[layer] = {"gain": jnp.asarray(gain), "bias": jnp.asarray(bias)}
    return Gan(
        name="parts",
        family="planted",
        config=None,
        params=params,
        forward=_forward,
        sample_latents=_draw,
        layers=LAYERS,
        conditional_layers=tuple(LAYERS),
        class_names=("a", "b", "c"),
        resolution=SIDE,
    )
