"""The state of an EigenGAN's training, and what it starts from."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Int

from jgan.eigengan._config import TrainConfig
from jgan.models.eigen_discriminator import Discriminator
from jgan.models.eigen_latents import EigenLatents, sample_eigen_latents
from jgan.models.eigengan import Generator
from jgan.training import keys
from jgan.training.growth import keep
from jgan.typing import Params


class State(NamedTuple):
    """Everything that a step changes. A pytree of arrays.

    Attributes:
        step: Steps done.
        generator: Parameters.
        ema: Their exponential moving average.
        discriminator: Parameters.
        generator_optimizer: State of Adam.
        discriminator_optimizer: State of Adam.
    """

    step: Int[Array, ""]
    generator: Params
    ema: Params
    discriminator: Params
    generator_optimizer: Any
    discriminator_optimizer: Any


def optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Returns Adam, the same for both networks."""
    return optax.adam(config.learning_rate, b1=config.beta1, b2=config.beta2)


def decaying(
    generator: Params, decays: tuple[float, ...], *, ranked_by: Params
) -> Params:
    """Returns the generator with importances that decay, of the same norm a layer.

    Dimensions keep their signs.

    Args:
        generator: Parameters.
        decays: As `TrainConfig` has them.
        ranked_by: Parameters whose importances tell the order.
    """
    generator = dict(generator)
    for layer, decay in enumerate(decays, start=1):
        name = f"subspace{layer}"
        if not decay or "importance" not in generator.get(name, {}):
            continue
        value = jnp.asarray(generator[name]["importance"])
        order = jnp.argsort(-jnp.abs(jnp.asarray(ranked_by[name]["importance"])))
        rank = jnp.argsort(order)
        sizes = decay ** rank.astype(value.dtype)
        norm = jnp.linalg.norm(value) / jnp.linalg.norm(sizes)
        importance = jnp.sign(value) * sizes * norm
        generator[name] = generator[name] | {"importance": importance}
    return generator


def initial_state(config: TrainConfig) -> State:
    """Returns the state before the first step, from the config's seed alone."""
    first, second = jax.random.split(jax.random.key(config.seed))
    side = config.generator.resolution
    generator = Generator(config.generator).init(first, draw_latents(config, 1, 0))
    discriminator = Discriminator(config.discriminator).init(
        second, jnp.zeros((1, side, side, 3))
    )
    generator, discriminator = generator["params"], discriminator["params"]
    if config.importance_decays is not None:
        generator = decaying(generator, config.importance_decays, ranked_by=generator)
    init = optimizer(config).init
    return State(
        step=jnp.zeros((), jnp.int32),
        generator=generator,
        # A copy: a donated buffer can stand in one place of the state only.
        ema=jax.tree.map(jnp.copy, generator),
        discriminator=discriminator,
        generator_optimizer=init(generator),
        discriminator_optimizer=init(discriminator),
    )


def grow(config: TrainConfig, state: State) -> State:
    """Returns the state of grown networks that goes on from one of smaller ones.

    What has the same name and shape is kept, what the added layer needs is drawn, and
    Adam starts anew.

    Args:
        config: Of the grown networks.
        state: Of those before.
    """
    whole = initial_state(config)
    return whole._replace(
        step=state.step,
        generator=keep(state.generator, whole.generator),
        ema=keep(state.ema, whole.ema),
        discriminator=keep(state.discriminator, whole.discriminator),
    )


def draw_latents(
    config: TrainConfig, num_images: int, step: Int[Array, ""] | int
) -> EigenLatents:
    """Returns the latents of one step.

    Args:
        config: Of the run.
        num_images: How many.
        step: Steps done before.
    """
    return sample_eigen_latents(
        num_images,
        latent_dim=config.generator.latent_dim,
        noise_dim=config.generator.noise_dim,
        key=keys.step_key(config.seed, step, keys.LATENTS),
    )
