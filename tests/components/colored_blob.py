"""A generator of blobs whose color and place do not depend on each other.

Four numbers make an image: two of color, and a row and a column. The first layer holds
a color as a change of units that is the same at every pixel, and a place as a change of
pixels that is the same in all units. The latent is a rotation of the four, and a color
varies as a place does, so that only the structure of the layer tells them apart.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.gan import Layer
from jgan.models.latents import sample_latents
from jgan.taps import Tapper
from tests.components.planted import one_layer_gan

SIZE = Layer(8, 8, 16)
_SIDE = 32
# Of a blob's place around the middle, in pixels of the image.
_REACH = 4.0
# Of red, green, row and column: a color and a place vary alike, the others less. So
# colors are told from each other, and not from places.
_SCALES = np.array([1.2, 1.0, 1.2, 1.0])


def _patterns():
    """Colors along units, places along rows and columns; each sums up to 0.

    None is symmetric, or methods that weigh units could tell them apart by that.
    """
    draw = np.random.default_rng(0)
    colors = draw.standard_normal((SIZE.units, 2))
    colors = np.linalg.qr(colors - colors.mean(axis=0))[0]
    places = draw.standard_normal((SIZE.rows, 2))
    places = places - places.mean(axis=0)
    places = places / np.linalg.norm(places, axis=0)
    pixels, others = SIZE.rows * SIZE.cols, SIZE.cols * SIZE.units
    flat = np.ones(SIZE)
    red = flat * colors[:, 0] / np.sqrt(pixels)
    green = flat * colors[:, 1] / np.sqrt(pixels)
    row = flat * places[:, 0, None, None] / np.sqrt(others)
    col = flat * places[:, 1, None] / np.sqrt(others)
    return np.stack([red, green, row, col])


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    activation = jnp.einsum("nz,zrcu->nrcu", latents.z, params["map"])
    x = tap("layer", activation + params["mean"][None])
    numbers = jnp.einsum("nrcu,arcu->na", x - params["mean"][None], params["patterns"])
    shown = 0.8 * jnp.tanh(numbers / 2)
    at = jnp.arange(_SIDE, dtype=jnp.float32) - (_SIDE - 1) / 2
    row, col = (
        jnp.exp(-jnp.square(at[None] - _REACH * numbers[:, i : i + 1]) / 18)
        for i in (2, 3)
    )
    blob = row[:, :, None, None] * col[:, None, :, None]
    color = jnp.stack([shown[:, 0], shown[:, 1], 1 + 0 * shown[:, 0]], axis=-1)
    images = blob * (color[:, None, None, :] + 1) - 1
    return images, tap.finish()


def attributes(images):
    """Color of the brightest pixel, and the centroid of the blue, which all have."""
    light = np.asarray(images, np.float64) + 1
    weight = light[..., 2] / light[..., 2].sum(axis=(1, 2), keepdims=True)
    at = np.arange(_SIDE)
    brightest = light.reshape(len(light), -1, 3)
    brightest = brightest[np.arange(len(light)), brightest[..., 2].argmax(axis=1)]
    color = brightest[:, :2] / brightest[:, 2:]
    row, col = weight.sum(axis=2) @ at, weight.sum(axis=1) @ at
    return np.concatenate([color, np.stack([row, col], axis=1)], axis=1)


_draw = functools.partial(sample_latents, latent_dim=4, num_classes=0)


def blob_gan():
    draw = np.random.default_rng(1)
    patterns = _patterns()
    rotation = np.linalg.qr(draw.standard_normal((4, 4)))[0]
    params = {
        "map": jnp.asarray(
            np.einsum("za,a,arcu->zrcu", rotation, _SCALES, patterns), jnp.float32
        ),
        "patterns": jnp.asarray(patterns, jnp.float32),
        "mean": jnp.asarray(0.1 * draw.standard_normal(SIZE), jnp.float32),
    }
    return one_layer_gan("blobs", params, _forward, _draw, size=SIZE, resolution=_SIDE)


def sefa_weights(gan):
    """What SeFa needs of a family: which latent, and the weights that read it."""
    return [np.asarray(gan.params["map"]).reshape(4, -1)]


KEY = jax.random.key(2)
