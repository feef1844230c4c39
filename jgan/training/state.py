"""The state of a training run, and what it starts from."""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int, PRNGKeyArray

from jgan.models import biggan, discriminators
from jgan.models.latents import Latents, sample_latents
from jgan.training.growth import keep
from jgan.typing import Params


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finish:
    """What is different in the last part of a run.

    Attributes:
        after: Steps before it.
        discriminator_rate: Lower, so that scores stop swinging from step to step.
        color_weight: Weight of the distance of colors in the generator's loss.
    """

    after: int
    discriminator_rate: float
    color_weight: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """What to train, and how.

    Attributes:
        generator: Sizes of the generator.
        discriminator: Sizes of the discriminator.
        batch_size: Real images a step, and as many generated ones.
        half_steps: Steps at half the resolution, without the generator's last and the
            discriminator's first block, before both grow. A step then costs less than
            half.
        generator_rate: Learning rate.
        discriminator_rate: Learning rate; higher, for it has one update a step (Heusel
            et al., 2017).
        beta1: Decay of Adam's mean gradient; 0 as in BigGAN.
        beta2: Decay of Adam's squared gradient.
        color_weight: Of the distance of colors (`training.colors`) in the generator's
            loss.
        finish: How the last part of the run differs; None for a run without one.
        ema_decay: Of the averaged generator, which is the one to keep.
        seed: Of everything that is drawn.
    """

    generator: biggan.Config
    discriminator: discriminators.Config
    batch_size: int = 32
    half_steps: int = 0
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    beta1: float = 0.0
    beta2: float = 0.999
    color_weight: float = 0.0
    finish: Finish | None = None
    ema_decay: float = 0.999
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch_size < 2:
            raise ValueError(
                f"batch_size is {self.batch_size}; batch normalization needs 2 or more."
            )
        if self.half_steps < 0:
            raise ValueError(f"half_steps is {self.half_steps}; give 0 or more.")
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
        if self.color_weight < 0:
            raise ValueError(f"color_weight is {self.color_weight}; give 0 or more.")
        if self.finish is not None and self.finish.after < self.half_steps:
            raise ValueError(
                f"The run finishes after {self.finish.after} steps and is at half the "
                f"resolution for {self.half_steps}; give no fewer."
            )

    def at(self, step: int) -> "Config":
        """Returns the config of one step, counted from 1, without a finish."""
        finish = self.finish
        config = dataclasses.replace(self, finish=None)
        if finish is None or step <= finish.after:
            return config
        return dataclasses.replace(
            config,
            discriminator_rate=finish.discriminator_rate,
            color_weight=finish.color_weight,
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


class Pair(NamedTuple):
    """Something of the generator, and the same of the discriminator."""

    generator: Any
    discriminator: Any


def networks(config: Config, *, half: bool) -> Pair:
    """Returns the two networks, whole or those for half the resolution."""
    blocks = len(config.generator.units_out) - half
    return Pair(
        biggan.Generator(config.generator, num_blocks=blocks),
        discriminators.Discriminator(config.discriminator, first_block=int(half)),
    )


def optimizers(config: Config) -> Pair:
    """Returns Adam for each network."""
    adam = lambda rate: optax.adam(rate, b1=config.beta1, b2=config.beta2)
    return Pair(adam(config.generator_rate), adam(config.discriminator_rate))


def initial_state(config: Config) -> State:
    """Returns the state before the first step, from the config's seed alone."""
    half = config.half_steps > 0
    side = config.generator.resolution // (2 if half else 1)
    network = networks(config, half=half)
    keys = jax.random.split(jax.random.key(config.seed))
    latents = draw_latents(config, 1, key=keys[0])
    generator = network.generator.init(keys[0], latents)["params"]
    discriminator = network.discriminator.init(
        keys[1], jnp.zeros((1, side, side, 3)), latents.class_label
    )
    return _state(config, generator, generator, discriminator)


def _state(config: Config, generator: Params, ema: Params, discriminator: Any) -> State:
    optimize = optimizers(config)
    params = discriminator["params"]
    return State(
        step=jnp.zeros((), jnp.int32),
        generator=generator,
        # A copy: a donated buffer can stand in one place of the state only.
        ema=jax.tree.map(jnp.copy, ema),
        discriminator=params,
        spectral_norm=discriminator["spectral_norm"],
        generator_optimizer=optimize.generator.init(generator),
        discriminator_optimizer=optimize.discriminator.init(params),
    )


def grow(config: Config, state: State) -> State:
    """Returns the state at full resolution that goes on from one at half.

    What has the same name and shape is kept, what the added blocks need is drawn, and
    Adam starts anew.
    """
    whole = initial_state(dataclasses.replace(config, half_steps=0))
    discriminator = {
        "params": keep(state.discriminator, whole.discriminator),
        "spectral_norm": keep(state.spectral_norm, whole.spectral_norm),
    }
    generator = keep(state.generator, whole.generator)
    grown = _state(config, generator, keep(state.ema, generator), discriminator)
    return grown._replace(step=state.step)


def draw_latents(config: Config, num_images: int, *, key: PRNGKeyArray) -> Latents:
    """Returns latents for the generator of a run, classes drawn evenly."""
    return sample_latents(
        num_images,
        latent_dim=config.generator.latent_dim,
        num_classes=config.generator.num_classes,
        key=key,
    )
