"""The state of a training for interpretable units, and what it starts from."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int

from jgan.gan import Gan
from jgan.interpretable._config import TrainConfig
from jgan.interpretable._energy import EnergyState, Scale, initial_energy
from jgan.interpretable._groups import Groups
from jgan.models.discriminators import Discriminator
from jgan.typing import Params

# Statistics of batch normalization, and what else a forward only reads, stay as they
# are: with statistics of its own, an image would depend on its neighbors.
TRAINED = "params"


class State(NamedTuple):
    """Everything that a step changes, and the original. A pytree of arrays.

    Attributes:
        step: Steps done.
        generator: The parameters that are trained.
        ema: Their exponential moving average.
        original: All parameters as they were.
        discriminator: Parameters.
        spectral_norm: Directions of the discriminator's kernels.
        generator_optimizer: State of Adam.
        discriminator_optimizer: State of Adam.
        energy: The energy model of the original's activations.
        scale: Of the original's units.
        groups: Of the layer's units.
    """

    step: Int[Array, ""]
    generator: Params
    ema: Params
    original: Params
    discriminator: Params
    spectral_norm: Params
    generator_optimizer: Any
    discriminator_optimizer: Any
    energy: EnergyState
    scale: Scale
    groups: Groups

    def params(self, trained: Params) -> Params:
        """Returns all parameters of a generator, whose trained ones are given."""
        return {**self.original, TRAINED: trained}


def initial_state(gan: Gan, config: TrainConfig) -> State:
    """Returns the state before the first step, with nothing of the generator in it.

    `begun` puts that in: a program that draws the rest need not hold its parameters.

    Args:
        gan: The generator as it is.
        config: Of the training.
    """
    size = gan.layers[config.layer]
    shape = size.rows, size.cols, size.units
    first, second = jax.random.split(jax.random.key(config.seed))
    images = jnp.zeros((1, gan.resolution, gan.resolution, 3))
    labels = jnp.zeros(1, jnp.int32) if gan.num_classes else None
    discriminator = Discriminator(config.discriminator).init(first, images, labels)
    empty = lambda tree: jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), tree)
    trained = empty(gan.params[TRAINED])
    return State(
        step=jnp.zeros((), jnp.int32),
        generator=trained,
        ema=empty(trained),
        original=empty(gan.params),
        discriminator=discriminator["params"],
        spectral_norm=discriminator["spectral_norm"],
        generator_optimizer=adam(config, config.generator_rate).init(trained),
        discriminator_optimizer=adam(config, config.discriminator_rate).init(
            discriminator["params"]
        ),
        energy=initial_energy(config.energy, shape, key=second),
        scale=Scale(jnp.zeros(size.units), jnp.ones(size.units)),
        groups=Groups.unknown(size.units, config.num_groups),
    )


def begun(state: State, gan: Gan, scale: Scale) -> State:
    """Returns the state with a generator's parameters.

    Args:
        state: Before the first step.
        gan: The generator as it is.
        scale: Of the layer's units.
    """
    # A donated buffer can stand in one place of the state only.
    copied = lambda tree: jax.tree.map(jnp.copy, tree)
    return state._replace(
        generator=copied(gan.params[TRAINED]),
        ema=copied(gan.params[TRAINED]),
        original=copied(gan.params),
        scale=scale,
    )


def adam(config: TrainConfig, rate: float) -> optax.GradientTransformation:
    """Returns the optimizer of a network with that learning rate."""
    return optax.adam(rate, b1=config.beta1, b2=config.beta2)
