"""The averaged generator of a run: what it is for, once it stands on its own.

In training a batch is normalized by its own mean and variance. Afterwards an image must
not depend on its neighbors, so the statistics of many batches are averaged and stored:
standing statistics (Brock, Donahue & Simonyan, 2019, section 4).
"""

import functools
import operator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray, UInt8

from jgan import images
from jgan.models.latents import sample_latents
from jgan.training.keys import SAMPLES, STANDING, step_key
from jgan.training.state import Config, State, draw_latents, networks
from jgan.typing import Params

# The mean of 100 batches has a tenth of the error of one.
_BATCHES = 100
_PER_CLASS = 8


def averaged_generator(config: Config, state: State, *, half: bool = False) -> Params:
    """Returns ``params`` and ``batch_stats`` of the averaged generator.

    That is what `jgan.convert.assemble` takes.

    Args:
        config: Of the run.
        state: Of the run.
        half: Whether the generator has yet to grow.
    """
    keys = jax.random.split(step_key(config.seed, 0, STANDING), _BATCHES)
    statistics = [_batch_statistics(config, state.ema, half, key) for key in keys]
    add = lambda a, b: jax.tree.map(operator.add, a, b)
    total = functools.reduce(add, statistics)
    return {
        "params": state.ema,
        "batch_stats": jax.tree.map(lambda leaf: leaf / _BATCHES, total),
    }


@functools.partial(jax.jit, static_argnums=(0, 2))
def _batch_statistics(
    config: Config, params: Params, half: bool, key: PRNGKeyArray
) -> Params:
    latents = draw_latents(config, config.batch_size, key=key)
    generator = networks(config, half=half).generator
    _, written = generator.apply({"params": params}, latents, mutable=["batch_stats"])
    return written["batch_stats"]


def sample_grid(
    config: Config, state: State, *, half: bool = False
) -> UInt8[np.ndarray, "row col 3"]:
    """Returns a picture of the averaged generator's images, a row for each class.

    Args:
        config: Of the run.
        state: Of the run.
        half: Whether the generator has yet to grow.
    """
    num_classes = config.generator.num_classes
    labels = jnp.repeat(jnp.arange(num_classes), _PER_CLASS) if num_classes else None
    latents = sample_latents(
        max(num_classes, 1) * _PER_CLASS,
        latent_dim=config.generator.latent_dim,
        num_classes=num_classes,
        class_label=labels,
        key=step_key(config.seed, 0, SAMPLES),
    )
    variables = averaged_generator(config, state, half=half)
    made = _generate(config, variables, half, latents)
    return images.grid(images.to_uint8(made), cols=_PER_CLASS)


@functools.partial(jax.jit, static_argnums=(0, 2))
def _generate(config: Config, variables: Params, half: bool, latents):
    return networks(config, half=half).generator.apply(variables, latents)[0]
