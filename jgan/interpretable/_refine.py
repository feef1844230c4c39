"""Langevin dynamics as an edit: what was put together is made to fit.

Li et al. (2022) let the energy model mend the maps that were edited, and do not say for
how many steps or with how much noise: a jgan reconstruction.
"""

from typing import NamedTuple

import jax
from jaxtyping import Array, ArrayLike, Key, PRNGKeyArray

from jgan.interpretable._config import EnergyConfig
from jgan.interpretable._energy import Scale, langevin_steps
from jgan.interpretable._learned import Learned
from jgan.typing import Activation, Params


class Refine(NamedTuple):
    """An edit that moves an activation to where the energy model has it likelier.

    A pytree.

    Attributes:
        config: Of the energy model; static.
        params: Of its network.
        scale: Of the layer's units.
        noise: See `refine`.
        keys: Of the noise, one for each step.
    """

    config: EnergyConfig
    params: Params
    scale: Scale
    noise: ArrayLike
    keys: Key[Array, " step"]

    def __call__(self, activation: Activation) -> Activation:
        """Returns the activation after the steps."""
        standard = self.scale.standardize(activation)
        end = langevin_steps(
            self.config, self.params, standard, noise=self.noise, keys=self.keys
        )
        return self.scale.restore(end)


def refine(
    learned: Learned,
    *,
    num_steps: int = 20,
    noise: float = 0.0,
    key: PRNGKeyArray,
) -> Refine:
    """Returns an edit for the layer that was trained, to follow other edits of it.

    The model has learned the activations of the generator as it was: of the retrained
    one too, they move towards those.

    Args:
        learned: Of the training: `learned` or `load_learned` returns it.
        num_steps: How many, each of the size that the chains of the training have.
        noise: Of each step, in parts of what makes the model's density stationary;
            with 0 every step goes down in energy, if steps are small.
        key: Consumed whole.

    Raises:
        ValueError: If `num_steps` or `noise` is negative.
    """
    if num_steps < 0 or noise < 0:
        raise ValueError(
            f"num_steps is {num_steps} and noise {noise}; give 0 or more of both."
        )
    keys = jax.random.split(key, num_steps)
    return Refine(learned.energy, learned.params, learned.scale, noise, keys)
