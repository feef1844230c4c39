"""One step towards interpretable units: discriminator, energy model, then generator.

The generator follows the sum of the four losses of Li et al. (2022): the adversarial
one, how unlikely units are for their groups, how unlikely the layer's activation is for
the energy model, and what keeps groups apart; and of two more: what a swap of a group
changes elsewhere, and how far images are off those that it made before. As in BigGAN's
step of `jgan.training`, it follows the updated networks, through the images it has
already made.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from jgan.gan import Gan
from jgan.interpretable._config import EnergyConfig, TrainConfig
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._energy import EnergyState, energy, energy_step
from jgan.interpretable._losses import (
    exclusivity_loss,
    locality_loss,
    partition_loss,
    similarity_loss,
)
from jgan.interpretable._regions import active_pixels
from jgan.interpretable._rest import rest_of
from jgan.interpretable._state import State, adam
from jgan.models.discriminators import Discriminator
from jgan.taps import blend
from jgan.training import keys
from jgan.training.losses import hinge_generator
from jgan.training.optimize import follow, ramped
from jgan.training.step import discriminate
from jgan.typing import Activation, Images, Params
from jgan.worlds import Batch

Scalar = Float[Array, ""] | float
_INTERPRETABILITY = {"exclusivity": exclusivity_loss, "similarity": similarity_loss}


class Metrics(NamedTuple):
    """What one step tells about the run.

    Attributes:
        real: What real images cost the discriminator.
        fake: What generated images cost it.
        generator: What generated images cost the generator.
        partition: Partition loss.
        realism: Energy of the layer's activation, for each of its numbers, beyond that
            of the original's. The generator loses what is above 0: where energy is
            least, all images are alike.
        interpretability: Interpretability loss.
        locality: Locality loss, of one group after the other; 0 of one without units.
        fidelity: Squared difference from the original's images of the same latents.
        energy_real: Energy of the original's activations, with the noise that the
            energy model learns them with, for each number.
        energy_chains: Of samples of the energy model.
        generator_gradient: Norm of its gradient.
        discriminator_gradient: Norm of its gradient.
    """

    real: Scalar
    fake: Scalar
    generator: Scalar
    partition: Scalar
    realism: Scalar
    interpretability: Scalar
    locality: Scalar
    fidelity: Scalar
    energy_real: Scalar
    energy_chains: Scalar
    generator_gradient: Scalar
    discriminator_gradient: Scalar


def train_step(
    gan: Gan,
    state: State,
    batch: Batch,
    config: TrainConfig,
    *,
    moves: bool,
    sharding: jax.sharding.Sharding | None = None,
) -> tuple[State, Metrics]:
    """Returns the state after one step, and its metrics.

    Args:
        gan: The generator; of its parameters only those of the state are used.
        state: Before the step; may be donated.
        batch: Real images, with classes if the generator has some.
        config: Static.
        moves: Whether the generator learns too.
        sharding: How images lie on devices; None leaves it to the compiler.
    """

    def draw(key: PRNGKeyArray):
        latents = gan.sample_latents(config.batch_size, key=key)
        if sharding is not None:
            latents = jax.lax.with_sharding_constraint(latents, sharding)
        return latents

    drawn = lambda use: keys.step_key(config.seed, state.step, use)
    latents = draw(drawn(keys.LATENTS))

    # One group after the other: all in each step would be as many generators.
    group = state.step % config.num_groups
    of_source = lambda each: jnp.roll(each, 1, axis=0)
    swapped_units = (state.groups.numbers == group).astype(jnp.float32)

    def generate(trained: Params) -> tuple[Images, Activation, Images]:
        params = state.params(trained)
        images, taps = gan.forward(params, latents, None)
        activation = taps[config.layer]
        source = of_source(activation)
        edit = blend(swapped_units[None, None, None], source)
        swapped = gan.forward(params, latents, {config.layer: edit})[0]
        return images, activation, swapped

    (images, activation, swapped), pull_back = jax.vjp(generate, state.generator)
    labels = latents.class_label if gan.num_classes else None
    (loss, spectral_norm), gradient = discriminate(
        Discriminator(config.discriminator),
        state.discriminator,
        state.spectral_norm,
        batch,
        Batch(images, labels),
    )
    discriminator, discriminator_optimizer = follow(
        adam(config, config.discriminator_rate),
        gradient,
        state.discriminator_optimizer,
        state.discriminator,
    )

    pictures, originals = gan.forward(state.original, latents, None)
    standard = state.scale.standardize(originals[config.layer])
    learned, energies = energy_step(
        config.energy, state.energy, standard, key=drawn(keys.ENERGY)
    )
    usual = _mean_energy(config.energy, learned, standard)

    network: Any = Discriminator(config.discriminator)
    variables = {"params": discriminator, "spectral_norm": spectral_norm}

    def cost(images: Images, activation: Activation, swapped: Images):
        scores = network.apply(variables, images, labels)
        maps = normalized_maps(activation, rest_of(activation))
        standard = state.scale.standardize(activation)
        active = active_pixels(maps, swapped_units[:, None], gan.resolution)
        parts = {
            "partition": partition_loss(maps, state.groups),
            "realism": _mean_energy(config.energy, learned, standard) - usual,
            "interpretability": _INTERPRETABILITY[config.interpretability](
                maps, state.groups
            ),
            "locality": locality_loss(images, swapped, active | of_source(active)),
            "fidelity": jnp.square(images - pictures).mean(),
        }
        adversarial = hinge_generator(scores)
        total = (
            config.adversarial_weight * adversarial
            + config.partition_weight * parts["partition"]
            + config.realism_weight * jax.nn.relu(parts["realism"])
            + config.interpretability_weight * parts["interpretability"]
            + config.locality_weight * parts["locality"]
            + config.fidelity_weight * parts["fidelity"]
        )
        return total, {"generator": adversarial, **parts}

    gradients, parts = jax.grad(cost, argnums=(0, 1, 2), has_aux=True)(
        images, activation, swapped
    )
    (generator_gradient,) = pull_back(gradients)
    if moves:
        generator, generator_optimizer = follow(
            adam(config, config.generator_rate),
            generator_gradient,
            state.generator_optimizer,
            state.generator,
        )
        done = (state.step - config.warmup).astype(jnp.float32)
        decay = ramped(config.ema_decay, done)
        ema = optax.incremental_update(generator, state.ema, 1 - decay)
        state = state._replace(
            generator=generator, ema=ema, generator_optimizer=generator_optimizer
        )
    count = activation[0].size
    return (
        state._replace(
            step=state.step + 1,
            discriminator=discriminator,
            spectral_norm=spectral_norm,
            discriminator_optimizer=discriminator_optimizer,
            energy=learned,
        ),
        Metrics(
            real=loss.real,
            fake=loss.fake,
            **parts,
            energy_real=energies.real / count,
            energy_chains=energies.chains / count,
            generator_gradient=optax.tree.norm(generator_gradient),
            discriminator_gradient=optax.tree.norm(gradient),
        ),
    )


def _mean_energy(
    config: EnergyConfig, state: EnergyState, standard: Activation
) -> Float[Array, ""]:
    """Returns the energy of standardized activations, for each of their numbers."""
    return energy(config, state.average, standard).mean() / standard[0].size
