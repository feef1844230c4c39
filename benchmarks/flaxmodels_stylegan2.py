"""StyleGAN2 of flaxmodels 0.1.3, of random weights: another of JAX.

Its code calls `jax.numpy.reshape` with an argument that JAX took away. The name is
given back, and nothing else is touched.
"""

import types
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from jgan.models.stylegan2 import Config


def sampler(config: Config, *, batch_size: int, fused: bool) -> Callable[[], Any]:
    """Returns a function that samples images with stored noise.

    Args:
        config: Of an architecture with skips, of the units that its authors chose.
        batch_size: Images.
        fused: A kernel for each image in one grouped convolution, its other form.
    """
    import flaxmodels.stylegan2 as peer  # pyright: ignore[reportMissingImports]

    peer.ops.jnp = types.SimpleNamespace(**vars(jnp) | {"reshape": _reshape})
    module = peer.Generator(
        resolution=4 * 2 ** (len(config.units) - 1),
        num_ws=2 * len(config.units),
        fused_modconv=fused,
    )
    z = jax.random.normal(jax.random.key(0), (batch_size, config.latent_dim))
    choices = {"train": False, "noise_mode": "const"}
    variables = jax.jit(lambda z: module.init(jax.random.key(1), z, **choices))(z)
    sample = jax.jit(lambda variables, z: module.apply(variables, z, **choices))
    return lambda: jax.block_until_ready(sample(variables, z))


def _reshape(x: jax.Array, newshape: tuple[int, ...]) -> jax.Array:
    return jnp.reshape(x, newshape)
