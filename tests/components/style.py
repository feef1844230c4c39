"""A small StyleGAN2 with random parameters, none at a neutral value."""

import functools

import jax

from jgan.convert import assemble
from jgan.gan import Gan
from jgan.models.stylegan2 import Config

CONFIG = Config(
    units=(8, 8, 4),
    latent_dim=8,
    w_dim=8,
    embed_dim=8,
    mapping_units=8,
    mapping_layers=2,
    # The published 0.01 is for weights a hundred times as large.
    mapping_lr_multiplier=1.0,
)


@functools.cache
def style_gan() -> Gan:
    shapes = assemble.expected_params("stylegan2", CONFIG)
    leaves, tree = jax.tree.flatten(shapes)
    keys = jax.random.split(jax.random.key(0), len(leaves))
    pairs = zip(leaves, keys, strict=True)
    params = [jax.random.normal(key, leaf.shape) for leaf, key in pairs]
    return assemble.assemble(
        "stylegan2", CONFIG, jax.tree.unflatten(tree, params), name="small style"
    )
