"""A random StyleGAN2, and its arrays under the names of each repository."""

import jax
import numpy as np

from jgan.convert._links import write_links
from jgan.convert.assemble import assemble, expected_params
from jgan.convert.stylegan2 import _genforce, _nvidia, _rosinality
from jgan.models.stylegan2 import Config

_LINKS = {"nvidia": _nvidia, "rosinality": _rosinality, "genforce": _genforce}
# Of one size for z, w and the mapping, as rosinality's is.
CONFIG = Config(
    units=(12, 10, 6),
    latent_dim=8,
    w_dim=8,
    embed_dim=8,
    mapping_layers=3,
    mapping_units=8,
)


def random_params(config, seed=0):
    """Parameters of which none is neutral, in steps of 1/64.

    So coarse that 1 can be added to a bias and taken away without rounding. Those of
    the mapping are as large as its small multiplier makes trained ones.
    """
    rng = np.random.default_rng(seed)

    def draw(path, shape):
        steps = rng.integers(-128, 129, shape.shape).astype(np.float32)
        mapping = "mapping" in {key.key for key in path}
        return steps * np.float32(1 if mapping else 1 / 64)

    return jax.tree_util.tree_map_with_path(draw, expected_params("stylegan2", config))


def random_gan(config=CONFIG):
    """The network as a `Gan`."""
    return assemble("stylegan2", config, random_params(config), name="random")


def arrays_of(config, params, naming):
    """The state dict of a repository, without filters; the mean of `w` is in it."""
    return write_links(params, _LINKS[naming].links(config))
