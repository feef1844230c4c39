"""A generator of sparks: two units draw them, one only likes their company.

An image is two sparks, a red and a green one, of which the height and the place vary.
The units that draw them are known, and so is one that is always where red is and draws
nothing. All names need escaping, in HTML and as names of files.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.segment import from_function
from jgan.taps import Tapper

RED, GREEN, NEVER = "red & <hot>", 'a "green"/glow', "never"
CONCEPTS = ("dark", RED, GREEN, NEVER)
EARLY, LATE = "early", "late/<2>"
LAYERS = {EARLY: Layer(8, 8, 4), LATE: Layer(16, 16, 8)}
DECOY, DRAWS_GREEN, DRAWS_RED, DEAD = 0, 1, 4, 7
# From here on a spark is a concept: about one pixel of a hundred.
_LEVEL = 0.55
_FAINT = np.float32([1, 1, 0.4, 1])


def _bumps(z):
    """Where four sparks are: one at each corner of a square, moved by `z`."""
    at = jnp.arange(8, dtype=jnp.float32)
    sign = jnp.asarray([[-1, -1], [1, 1], [-1, 1], [1, -1]], jnp.float32)
    center = 3.5 + 1.5 * sign[None] + jnp.tanh(z[:, :8].reshape(-1, 4, 2))
    height = jax.nn.sigmoid(z[:, 8:12])
    far = lambda axis: jnp.square(at[None, :, None] - center[:, None, :, axis])
    distance = far(0)[:, :, None, :] + far(1)[:, None, :, :]
    return height[:, None, None, :] * jnp.exp(-distance / 2)


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    x = tap(EARLY, _bumps(latents.z))
    x = jnp.repeat(jnp.repeat(x, 2, axis=1), 2, axis=2)
    x = jnp.einsum("irck,ku->ircu", x, params["mix"])
    x = tap(LATE, jax.nn.relu(x + params["bias"][None, None, None]))
    drawn = x[..., jnp.asarray([DRAWS_RED, DRAWS_GREEN, 2])]
    return 2 * jnp.clip(drawn, 0, 1) - 1, tap.finish()


def _params():
    mix = 0.05 * np.random.default_rng(0).uniform(size=(4, 8)).astype(np.float32)
    mix[:, [DECOY, DRAWS_RED]] = np.eye(4, dtype=np.float32)[:, :1]
    mix[:, DRAWS_GREEN] = np.eye(4, dtype=np.float32)[1]
    bias = np.zeros(8, np.float32)
    bias[DEAD] = -1.0
    return {"mix": jnp.asarray(mix), "bias": jnp.asarray(bias)}


_draw = functools.partial(sample_latents, latent_dim=12, num_classes=0)


def sparks_gan(params=None):
    """The generator. The same parameters compile once."""
    return Gan(
        name="<b>sparks & 'co'</b>",
        family="planted",
        config=None,
        params=_params() if params is None else params,
        forward=_forward,
        sample_latents=_draw,
        layers=LAYERS,
        conditional_layers=(),
        class_names=(),
        resolution=16,
    )


def _scores(images):
    level = jnp.full(images.shape[:3], _LEVEL)
    shown = [level, (images[..., 0] + 1) / 2, (images[..., 1] + 1) / 2, 0 * level]
    return jax.nn.log_softmax(20 * jnp.stack(shown, axis=-1), axis=-1)


def _labels(images):
    return _scores(images).argmax(axis=-1).astype(jnp.int32)


SCORED = from_function(_labels, CONCEPTS, scores=_scores)
# The same labels by scores of which none is likelier than not to be green.
FAINT = from_function(
    _labels,
    CONCEPTS,
    scores=lambda images: _scores(images) + jnp.log(_FAINT)[None, None, None],
)
LABELS_ONLY = from_function(_labels, CONCEPTS)
