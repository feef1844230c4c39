"""A generator with random weights, which run as fast as any others."""

from typing import Any

import jax
import numpy as np

from jgan.convert.assemble import assemble, expected_params
from jgan.gan import Gan


def random_gan(family: str, config: Any, *, name: str) -> Gan:
    """Returns a generator whose weights are positive and small."""
    leaves, tree = jax.tree.flatten(expected_params(family, config))
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.01, 0.02, s.shape).astype(np.float32) for s in leaves]
    return assemble(family, config, jax.tree.unflatten(tree, arrays), name=name)
