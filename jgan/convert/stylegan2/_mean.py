"""The mean of `w`, for checkpoints that lack it."""

import jax
import jax.numpy as jnp
import numpy as np

from jgan.models.stylegan2 import Config, make_mapping
from jgan.typing import Params

# As the repository's own scripts draw for it.
_NUM_LATENTS = 4096


def mean_of_w(config: Config, params: Params) -> np.ndarray:
    """Returns the mean of `w` over fixed latents, of a generator without classes."""
    mapping = make_mapping(config)
    variables = {"params": jax.tree.map(jnp.asarray, params["params"]["mapping"])}
    z = jax.random.normal(jax.random.key(0), (_NUM_LATENTS, config.latent_dim))
    w = mapping.apply(variables, z, None)
    return np.asarray(jnp.mean(jnp.asarray(w), axis=0))
