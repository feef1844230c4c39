"""Generators with random weights, which run as fast as any others."""

from typing import Any

import jax
import numpy as np

from jgan.convert.assemble import assemble, expected_params
from jgan.gan import Gan
from jgan.models import progan


def random_gan(family: str, config: Any, *, name: str) -> Gan:
    """Returns a generator whose weights are positive and small."""
    leaves, tree = jax.tree.flatten(expected_params(family, config))
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.01, 0.02, s.shape).astype(np.float32) for s in leaves]
    return assemble(family, config, jax.tree.unflatten(tree, arrays), name=name)


def untrained_progan(config: progan.Config) -> Gan:
    """Returns a ProGAN as it is before training, of normal kernels and biases of 0.

    Of weights that are all positive, a layer is nearly the same for every latent, which
    leaves a regression little to find.
    """
    rng = np.random.default_rng(0)

    def draw(path: tuple[Any, ...], shape: jax.ShapeDtypeStruct) -> np.ndarray:
        if path[-1].key == "bias":
            return np.zeros(shape.shape, np.float32)
        return rng.standard_normal(shape.shape, np.float32)

    params = jax.tree_util.tree_map_with_path(draw, expected_params("progan", config))
    return assemble("progan", config, params, name="untrained")
