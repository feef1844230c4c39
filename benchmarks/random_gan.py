"""Generators with random weights, which run as fast as any others."""

import math
from typing import Any

import jax
import numpy as np

from jgan.convert.assemble import assemble, expected_params
from jgan.gan import Gan
from jgan.models import biggan, progan


def random_gan(family: str, config: Any, *, name: str) -> Gan:
    """Returns a generator whose weights are positive and small."""
    leaves, tree = jax.tree.flatten(expected_params(family, config))
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.01, 0.02, s.shape).astype(np.float32) for s in leaves]
    return assemble(family, config, jax.tree.unflatten(tree, arrays), name=name)


def untrained_biggan(config: biggan.Config) -> Gan:
    """Returns a BigGAN of normal kernels that keep variances.

    Of weights that are all positive, wide layers overflow.
    """
    rng = np.random.default_rng(0)
    fixed = {"bias": 0.0, "mean": 0.0, "variance": 1.0, "gain": 1.0}

    def draw(path: tuple[Any, ...], shape: jax.ShapeDtypeStruct) -> np.ndarray:
        if path[-1].key in fixed:
            return np.full(shape.shape, fixed[path[-1].key], np.float32)
        fan_in = math.prod(shape.shape[:-1])
        return rng.standard_normal(shape.shape, np.float32) / np.float32(fan_in**0.5)

    params = jax.tree_util.tree_map_with_path(draw, expected_params("biggan", config))
    return assemble("biggan", config, params, name="untrained")


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
