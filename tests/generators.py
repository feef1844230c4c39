"""Small random generators of every family, for tests that run on all of them."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from jgan.convert import assemble
from jgan.gan import Gan
from jgan.models import (
    biggan,
    biggan_deep,
    dcgan,
    eigengan,
    progan,
    stylegan,
    stylegan2,
)

# At a multiplier of one, random weights of the mapping give a `w` of unit variance.
_STYLE = {
    "latent_dim": 8,
    "w_dim": 8,
    "embed_dim": 6,
    "mapping_layers": 2,
    "mapping_units": 8,
    "mapping_lr_multiplier": 1.0,
}
GANS = {
    "biggan": (
        "biggan",
        biggan.Config(
            resolution=32,
            width=4,
            latent_dim=16,
            num_classes=5,
            shared_dim=6,
            attention=(16,),
        ),
    ),
    "biggan_unshared": (
        "biggan",
        biggan.Config(
            resolution=32,
            width=4,
            latent_dim=8,
            num_classes=3,
            shared_dim=None,
            hierarchical=False,
            attention=(),
        ),
    ),
    "biggan_deep": (
        "biggan-deep",
        biggan_deep.Config(width=4, latent_dim=8, shared_dim=6, num_classes=5),
    ),
    "dcgan": ("dcgan", dcgan.Config(latent_dim=8, units=(16, 8, 4))),
    "dcgan_conditional": (
        "dcgan",
        dcgan.Config(latent_dim=8, units=(16, 8), num_classes=4),
    ),
    "eigengan": (
        "eigengan",
        eigengan.Config(units=(12, 8, 8, 4), dims=(3, 2, 3), noise_dim=6),
    ),
    "eigengan_exact": (
        "eigengan",
        eigengan.Config(
            units=(8, 6, 4), dims=(2, 2), noise_dim=4, padding="pytorch", exact=True
        ),
    ),
    "progan": ("progan", progan.Config(latent_dim=8, units=(16, 8, 8, 4))),
    "stylegan": (
        "stylegan",
        stylegan.Config(units=(12, 8, 4), num_classes=4, **_STYLE),
    ),
    "stylegan2": ("stylegan2", stylegan2.Config(units=(12, 8, 4), **_STYLE)),
    "stylegan2_resnet": (
        "stylegan2",
        stylegan2.Config(units=(8, 6, 4), architecture="resnet", **_STYLE),
    ),
    "stylegan2_classes": (
        "stylegan2",
        stylegan2.Config(
            units=(8, 6, 4), architecture="orig", num_classes=4, clamp=9.0, **_STYLE
        ),
    ),
}
# Whose weights have unit variance, and a gain at run time.
_EQUALIZED = ("progan", "stylegan", "stylegan2")


@functools.cache
def make_gan(kind: str, *, seed: int = 0) -> Gan:
    """Returns a generator whose parameters are all random, none at a neutral value."""
    family, config = GANS[kind]
    shapes = assemble.expected_params(family, config)
    leaves, tree = jax.tree_util.tree_flatten_with_path(shapes)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    equalized = family in _EQUALIZED
    params = [
        _draw(path, shape, key, equalized=equalized)
        for (path, shape), key in zip(leaves, keys, strict=True)
    ]
    return assemble.assemble(
        family, config, jax.tree.unflatten(tree, params), name=kind
    )


def _draw(path, shape, key, *, equalized):
    name = path[-1].key
    if name == "variance":
        return jnp.asarray(0.5 + 1.5 * _numbers("uniform", shape.shape, key))
    fan_in = max(1, math.prod(shape.shape[:-1])) if shape.shape else 1
    scale = fan_in**-0.5 if name == "kernel" and not equalized else 1.0
    return jnp.asarray(np.float32(scale) * _numbers("normal", shape.shape, key))


def _numbers(draw, shape, key):
    """Random numbers, by one program for shapes of many sizes."""
    size = math.prod(shape)
    # The first of more numbers are those of fewer.
    more = _drawn(draw, max(2**12, 2 ** (size - 1).bit_length()), key)
    return np.asarray(more)[:size].reshape(shape)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _drawn(draw, size, key):
    return getattr(jax.random, draw)(key, (size,))
