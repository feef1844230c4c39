"""A generator whose one layer is a Tucker model of its latent, plus some noise.

All is linear, so that every covariance is known: from the parameters alone.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.gan import Gan, Layer
from jgan.models.latents import sample_latents
from jgan.taps import Tapper

SIZE = Layer(6, 5, 12)
RANKS = (2, 3, 4)
_CORE, _NOISE = 24, 40


def _forward(params, latents, edits=None):
    tap = Tapper(edits)
    x = jnp.einsum("nz,zrcu->nrcu", latents.z, params["map"], precision="highest")
    x = tap("layer", x + params["mean"][None])
    image = jnp.broadcast_to(jnp.tanh(x[:, :2, :2, :1]), (len(x), 2, 2, 3))
    return image, tap.finish()


_draw = functools.partial(sample_latents, latent_dim=_CORE + _NOISE, num_classes=0)


def _orthonormal(draw, size, rank):
    return np.linalg.qr(draw.standard_normal((size, rank)))[0]


def bases():
    """The planted bases of rows, columns and units."""
    draw = np.random.default_rng(0)
    pairs = zip(SIZE, RANKS, strict=True)
    return [_orthonormal(draw, size, rank) for size, rank in pairs]


def tucker_gan(*, noise=0.0, mean=3.0):
    """The generator, whose noise moves all that the bases do not reach."""
    draw = np.random.default_rng(1)
    core = draw.standard_normal((_CORE, *RANKS))
    # Components of each mode differ in size, or their order would be chance.
    for axis, rank in enumerate(RANKS, start=1):
        shape = [1] * 4
        shape[axis] = rank
        core = core * (1.5 ** -np.arange(rank)).reshape(shape)
    signal = np.einsum("zijk,ri,cj,uk->zrcu", core, *bases())
    rest = noise * draw.standard_normal((_NOISE, *SIZE))
    params = {
        "map": jnp.asarray(np.concatenate([signal, rest]), jnp.float32),
        "mean": jnp.asarray(mean + draw.standard_normal(SIZE), jnp.float32),
    }
    return one_layer_gan("tucker", params, _forward, _draw, size=SIZE, resolution=2)


def one_layer_gan(name, params, forward, draw, *, size, resolution):
    """A generator that taps nothing but ``"layer"``."""
    return Gan(
        name=name,
        family="planted",
        config=None,
        params=params,
        forward=forward,
        sample_latents=draw,
        layers={"layer": size},
        conditional_layers=(),
        class_names=(),
        resolution=resolution,
    )


def even_gan(*, mean=3.0):
    """A generator whose latent moves as many directions of the layer, all alike."""
    gan, latent = tucker_gan(mean=mean), _CORE + _NOISE
    draw = np.random.default_rng(4).standard_normal((np.prod(SIZE), latent))
    even = 3 * np.linalg.qr(draw)[0].T.reshape(latent, *SIZE)
    params = {"map": jnp.asarray(even, jnp.float32), "mean": gan.params["mean"]}
    return dataclasses.replace(gan, params=params)


def activations(gan, num_images, *, key):
    """The activations that `jgan.stats.collect` sees, float64."""
    latents = gan.sample_latents(num_images, key=key)
    taps = gan.forward(gan.params, latents, None)[1]
    return np.asarray(taps["layer"], np.float64), np.asarray(latents.z, np.float64)


def largest_angle(a, b):
    """The largest principal angle between the spans of orthonormal columns."""
    cosines = np.linalg.svd(np.asarray(a, np.float64).T @ b, compute_uv=False)
    sines = np.linalg.norm(b - a @ (a.T @ b), ord=2)
    return np.arctan2(sines, cosines.min())


KEY = jax.random.key(3)
