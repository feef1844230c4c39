"""What several tests share."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np

# For processes that compare runs of one program, which then compiles in half the time.
UNOPTIMIZED = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false",
}


def unchecked(function):
    """The function without the type checks of the tests, as users call it."""
    return inspect.unwrap(function)


def normal(seed, shape, dtype=jnp.float32):
    """Normal numbers of an integer or a key, without a program for every shape."""
    if not isinstance(seed, int):
        seed = np.asarray(jax.random.key_data(seed))
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape), dtype)
