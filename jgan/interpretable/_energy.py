"""How realistic the activation of a layer is: an energy model, learned by likelihood.

Li et al. (2022) have an energy model of the target layer's maps, learned by maximum
likelihood, whose Langevin dynamics mends what is not realistic. Equations are not
published: a jgan reconstruction, after Xie, Lu, Zhu & Wu (2016) and Tieleman (2008).
Activations are standardized unit by unit; a standard normal times the exponential of a
network is their density, and the gradient of likelihood compares real activations with
those of chains that go on from step to step. Real ones have some noise added: they lie
near few dimensions, and in the others the likeliest density would have no width.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float, Int, Key, PRNGKeyArray

from jgan.interpretable._config import EnergyConfig
from jgan.models.energy import Energy
from jgan.training.optimize import follow, ramped
from jgan.typing import Activation, Params


class Scale(NamedTuple):
    """Where the numbers of each unit are.

    Attributes:
        mean: Of a unit.
        std: Of a unit; 1 of one that never varies.
    """

    mean: Float[Array, " unit"]
    std: Float[Array, " unit"]

    @classmethod
    def of(cls, activation: Activation) -> "Scale":
        """Returns the scale of what is given, each unit over all images and places."""
        axes = tuple(range(activation.ndim - 1))
        std = activation.std(axis=axes)
        return cls(activation.mean(axis=axes), jnp.where(std > 0, std, 1.0))

    def standardize(self, activation: Activation) -> Activation:
        """Returns the activation with mean 0 and variance 1."""
        return (activation - self.mean[None, None, None]) / self.std[None, None, None]

    def restore(self, standard: Activation) -> Activation:
        """Returns the activation that was standardized."""
        return standard * self.std[None, None, None] + self.mean[None, None, None]


class EnergyState(NamedTuple):
    """Everything that a step of the energy model changes. A pytree of arrays.

    Attributes:
        step: Steps done.
        params: Of the network, as Adam has them.
        average: Their exponential moving average, which is the one to use: chains and
            parameters chase each other.
        optimizer: State of Adam.
        chains: Standardized activations, samples of the model.
    """

    step: Int[Array, ""]
    params: Params
    average: Params
    optimizer: Any
    chains: Activation


class EnergyMetrics(NamedTuple):
    """What a step tells.

    Attributes:
        real: Mean energy of real activations with their noise, the lower the likelier.
        chains: Of the chains. Where the model has learned, both are alike.
    """

    real: Float[Array, ""]
    chains: Float[Array, ""]


def energy(
    config: EnergyConfig, params: Params, standard: Activation
) -> Float[Array, " image"]:
    """Returns the negative logarithm of each density, but for a constant.

    Args:
        config: Static.
        params: Of the network.
        standard: Standardized activations.
    """
    return _of_noise(standard) - _tilt(config, params, standard)


def _of_noise(standard: Activation) -> Float[Array, " image"]:
    return 0.5 * jnp.square(standard).sum(axis=(1, 2, 3))


def _tilt(
    config: EnergyConfig, params: Params, standard: Activation
) -> Float[Array, " image"]:
    """Returns the logarithm of what the density of noise is multiplied by."""
    network: Any = Energy(config.network)
    return network.apply({"params": params}, standard)


def langevin(
    config: EnergyConfig,
    params: Params,
    standard: Activation,
    *,
    num_steps: int,
    noise: float = 1.0,
    key: PRNGKeyArray,
) -> Activation:
    """Returns activations after steps of Langevin dynamics towards what is likely.

    Args:
        config: Static.
        params: Of the network.
        standard: Standardized activations to start from.
        num_steps: How many.
        noise: Of each step, in parts of what makes the density stationary; with 0 it
            is descent on the energy, by small steps.
        key: Consumed whole.
    """
    keys = jax.random.split(key, num_steps)
    return langevin_steps(config, params, standard, noise=noise, keys=keys)


def langevin_steps(
    config: EnergyConfig,
    params: Params,
    standard: Activation,
    *,
    noise: ArrayLike,
    keys: Key[Array, " step"],
) -> Activation:
    """Returns what `langevin` does, for the key of each step.

    Args:
        config: Static.
        params: Of the network.
        standard: Standardized activations to start from.
        noise: As `langevin` has it.
        keys: One for each step.
    """
    slope = jax.grad(lambda x: energy(config, params, x).sum())
    size = config.step_size

    def step(x: Activation, key: PRNGKeyArray) -> tuple[Activation, None]:
        drawn = jax.random.normal(key, x.shape, x.dtype)
        return x - 0.5 * size**2 * slope(x) + noise * size * drawn, None

    end, _ = jax.lax.scan(step, standard, keys)
    return end


def initial_energy(
    config: EnergyConfig, shape: tuple[int, int, int], *, key: PRNGKeyArray
) -> EnergyState:
    """Returns the state before the first step, whose density is the standard normal.

    Args:
        config: Static.
        shape: Rows, columns and units of the activation.
        key: Consumed whole.
    """
    params_key, chains_key = jax.random.split(key)
    chains = jax.random.normal(chains_key, (config.num_chains, *shape))
    params = Energy(config.network).init(params_key, chains[:1])["params"]
    average = jax.tree.map(jnp.copy, params)
    step = jnp.zeros((), jnp.int32)
    return EnergyState(step, params, average, _adam(config).init(params), chains)


def energy_step(
    config: EnergyConfig, state: EnergyState, standard: Activation, *, key: PRNGKeyArray
) -> tuple[EnergyState, EnergyMetrics]:
    """Returns the state after one step of maximum likelihood, and its metrics.

    Args:
        config: Static.
        state: Before.
        standard: Real activations, standardized.
        key: Consumed whole.
    """
    chains_key, noise_key = jax.random.split(key)
    chains = langevin(
        config, state.params, state.chains, num_steps=config.num_steps, key=chains_key
    )
    drawn = jax.random.normal(noise_key, standard.shape, standard.dtype)
    standard = standard + config.data_noise * drawn

    def loss(params: Params) -> tuple[Float[Array, ""], EnergyMetrics]:
        real, made = _tilt(config, params, standard), _tilt(config, params, chains)
        # Of how large they are, likelihood says nothing: only differences count. They
        # are sums over all numbers of an activation, and so are those differences: per
        # number, the squares of such sums weigh as much whatever the layer's size.
        size = jnp.square(jnp.concatenate([real, made])).mean() / standard[0].size
        metrics = EnergyMetrics(
            (_of_noise(standard) - real).mean(), (_of_noise(chains) - made).mean()
        )
        return made.mean() - real.mean() + config.size_weight * size, metrics

    gradient, metrics = jax.grad(loss, has_aux=True)(state.params)
    params, optimizer = follow(_adam(config), gradient, state.optimizer, state.params)
    decay = ramped(config.average_decay, state.step.astype(jnp.float32))
    average = optax.incremental_update(params, state.average, 1 - decay)
    return EnergyState(state.step + 1, params, average, optimizer, chains), metrics


def _adam(config: EnergyConfig) -> optax.GradientTransformation:
    return optax.adam(config.learning_rate, b1=0.5, b2=0.999)
