"""A generator without convolutions, whose activations are multiples of 2^-8.

No batch size or device rounds them differently, so counts must agree to the last one.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan import stats
from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.stats._bits import NUM_HALVES, halves

LAYERS = {"coarse": Layer(4, 4, 5), "fine": Layer(16, 16, 3)}
_SIDE, _LATENT = 16, 16


def _maps(z, layer, seed):
    """Each activation is one number of `z`, at a fixed random place."""
    shape = tuple(LAYERS[layer])
    places = jax.random.randint(jax.random.key(seed), shape, 0, _LATENT)
    return (jnp.round(z * 2**8) / 2**8)[:, places]


def _forward(params, latents, edits=None):
    del edits
    taps = {name: _maps(latents.z, name, seed) for seed, name in enumerate(LAYERS)}
    images = jnp.tanh(taps["fine"] + params["bias"])
    return images, taps


_draw = functools.partial(sample_latents, latent_dim=_LATENT, num_classes=0)


def planted_gan():
    return Gan(
        name="planted",
        family="planted",
        config=None,
        params={"bias": jnp.zeros(())},
        forward=_forward,
        sample_latents=_draw,
        layers=LAYERS,
        conditional_layers=(),
        class_names=(),
        resolution=_SIDE,
    )


class Signs:
    """Two concepts, which overlap: red above zero, green above zero."""

    concepts = ("red", "green")

    def segment(self, images):
        on = images[..., :2] > 0
        return jnp.where(on, jnp.arange(2)[None, None, None], -1)


SIGNS = Signs()


# Between multiples of 2^-8, and of those that a layer enlarged four times has, 2^-14.
THRESHOLDS = np.float32([-0.2, 0.6, 1.3]).round(1) + 2.0**-20


def empty(layers):
    """One of every accumulator for every layer.

    But for `stats.OthersLabels`: which images lend each other labels depends on the
    batch.
    """
    # Of the first pass. Not above, as JAX must not start before it knows the processes.
    bin_, _ = halves(jnp.float32(1.3))
    return {
        name: {
            "quantiles": stats.zero_quantiles(layer.units),
            "refined": stats.RefinedQuantiles(
                jnp.zeros((1, layer.units, NUM_HALVES), jnp.int32),
                jnp.full((1, layer.units), bin_),
            ),
            "top": stats.zero_top(layer.units, num_images=4),
            "covariance": stats.zero_covariance(layer.units),
            "units": stats.zero_statistics(layer.units),
            "overlap": stats.zero_overlap(
                jnp.full((layer.units,), THRESHOLDS[1]), num_concepts=2
            ),
            "levels": stats.zero_levels(
                np.tile(THRESHOLDS, (layer.units, 1)), num_concepts=2
            ),
            "enlarged": stats.Enlarged(stats.zero_top(layer.units, num_images=4)),
        }
        for name, layer in layers.items()
    }
