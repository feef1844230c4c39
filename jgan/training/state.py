"""The state of a training run, and what it starts from."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, PRNGKeyArray

from jgan.models import biggan, discriminators
from jgan.models.latents import Latents, sample_latents
from jgan.typing import Images, Params


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """What to train, and how.

    Attributes:
        generator: Sizes of the generator.
        discriminator: Sizes of the discriminator.
        batch_size: Real images a step, and as many generated ones.
        generator_rate: Learning rate.
        discriminator_rate: Learning rate; higher, for it has one update a step (Heusel
            et al., 2017).
        beta1: Decay of Adam's mean gradient; 0 as in BigGAN.
        beta2: Decay of Adam's squared gradient.
        ema_decay: Of the averaged generator, which is the one to keep.
        seed: Of everything that is drawn.
    """

    generator: biggan.Config
    discriminator: discriminators.Config
    batch_size: int = 32
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    beta1: float = 0.0
    beta2: float = 0.999
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 2:
            raise ValueError(
                f"batch_size is {self.batch_size}; batch normalization needs 2 or more."
            )
        if min(self.generator_rate, self.discriminator_rate) <= 0:
            raise ValueError(
                f"The learning rates {self.generator_rate} and "
                f"{self.discriminator_rate} must be positive."
            )
        decays = (self.beta1, self.beta2, self.ema_decay)
        if not all(0 <= decay < 1 for decay in decays):
            raise ValueError(
                f"beta1, beta2 and ema_decay are {decays}; each is in [0, 1)."
            )
        if self.generator.num_classes != self.discriminator.num_classes:
            raise ValueError(
                f"The generator has {self.generator.num_classes} classes, the "
                f"discriminator {self.discriminator.num_classes}."
            )


class State(NamedTuple):
    """Everything that a step changes. A pytree of arrays.

    Attributes:
        step: Steps done.
        generator: Parameters.
        ema: Their exponential moving average.
        discriminator: Parameters.
        spectral_norm: Directions of the discriminator's kernels.
        generator_optimizer: State of Adam.
        discriminator_optimizer: State of Adam.
    """

    step: Int[Array, ""]
    generator: Params
    ema: Params
    discriminator: Params
    spectral_norm: Params
    generator_optimizer: Any
    discriminator_optimizer: Any


class Optimizers(NamedTuple):
    """Adam for either network."""

    generator: optax.GradientTransformation
    discriminator: optax.GradientTransformation


def optimizers(config: Config) -> Optimizers:
    """Returns the optimizers of a run."""
    adam = lambda rate: optax.adam(rate, b1=config.beta1, b2=config.beta2)
    return Optimizers(adam(config.generator_rate), adam(config.discriminator_rate))


def initial_state(config: Config) -> State:
    """Returns the state before the first step, from the config's seed alone."""
    generator_key, discriminator_key = jax.random.split(jax.random.key(config.seed))
    latents = draw_latents(config, 1, key=generator_key)
    generator = biggan.Generator(config.generator).init(generator_key, latents)
    side = config.generator.resolution
    images: Images = jnp.zeros((1, side, side, 3))
    discriminator = discriminators.Discriminator(config.discriminator).init(
        discriminator_key, images, latents.class_label
    )
    optimize = optimizers(config)
    params = generator["params"]
    return State(
        step=jnp.zeros((), jnp.int32),
        generator=params,
        # A copy: a donated buffer can stand in one place of the state only.
        ema=jax.tree.map(jnp.copy, params),
        discriminator=discriminator["params"],
        spectral_norm=discriminator["spectral_norm"],
        generator_optimizer=optimize.generator.init(params),
        discriminator_optimizer=optimize.discriminator.init(discriminator["params"]),
    )


def draw_latents(config: Config, num_images: int, *, key: PRNGKeyArray) -> Latents:
    """Returns latents for the generator of a run, classes drawn evenly."""
    return sample_latents(
        num_images,
        latent_dim=config.generator.latent_dim,
        num_classes=config.generator.num_classes,
        key=key,
    )


def step_key(config: Config, step: Int[Array, ""] | int, use: int) -> PRNGKeyArray:
    """Returns the key of one step, of which a resumed run needs only the number.

    Args:
        config: Gives the seed.
        step: Steps done before.
        use: Tells apart what is drawn in one step.
    """
    # The first two children of the seed's key went into the parameters.
    key = jax.random.fold_in(jax.random.key(config.seed), 2 + use)
    return jax.random.fold_in(key, step)
