"""Small random generators of every family, for tests that run on all of them."""

import functools

import jax
import jax.numpy as jnp

from jgan.convert import assemble
from jgan.gan import Gan
from jgan.models import biggan, biggan_deep, dcgan, progan, stylegan2

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
    "progan": ("progan", progan.Config(latent_dim=8, units=(16, 8, 8, 4))),
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
_EQUALIZED = ("progan", "stylegan2")


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
        return jax.random.uniform(key, shape.shape, minval=0.5, maxval=2.0)
    fan_in = max(1, int(jnp.prod(jnp.array(shape.shape[:-1])))) if shape.shape else 1
    scale = fan_in**-0.5 if name == "kernel" and not equalized else 1.0
    return scale * jax.random.normal(key, shape.shape)
