"""One step of adversarial training: the discriminator's update, then the generator's.

Both updates use the same generated images. The discriminator learns first; the
generator then follows the updated discriminator, through the images it has already
made, so its forward runs once a step and not twice.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from jgan import ops
from jgan.models.latents import Latents
from jgan.training.colors import color_distance
from jgan.training.keys import LATENTS, step_key
from jgan.training.losses import (
    DiscriminatorLoss,
    hinge_discriminator,
    hinge_generator,
)
from jgan.training.optimize import follow
from jgan.training.state import (
    Config,
    State,
    draw_latents,
    networks,
    optimizers,
)
from jgan.typing import Images, Params
from jgan.worlds import Batch

Scalar = Float[Array, ""] | float


class Metrics(NamedTuple):
    """What one step tells about the run.

    Attributes:
        real: What real images cost the discriminator.
        fake: What generated images cost it.
        generator: Loss of the generator.
        colors: Distance of colors that the generator minimizes too, 0 where it does
            not.
        generator_gradient: Norm of its gradient.
        discriminator_gradient: Norm of its gradient.
    """

    real: Scalar
    fake: Scalar
    generator: Scalar
    colors: Scalar
    generator_gradient: Scalar
    discriminator_gradient: Scalar


def train_step(
    state: State,
    batch: Batch,
    config: Config,
    *,
    half: bool = False,
    sharding: jax.sharding.Sharding | None = None,
) -> tuple[State, Metrics]:
    """Returns the state after one step, and its metrics.

    Args:
        state: Before the step; may be donated.
        batch: Real images, at full resolution.
        config: Static.
        half: Train at half the resolution, on images averaged over 2 x 2 pixels.
        sharding: How images lie on devices; None leaves it to the compiler. Statistics
            of batch normalization are over all images whatever the number of devices.
    """
    optimize, network = optimizers(config), networks(config, half=half)
    latents = draw_latents(
        config, config.batch_size, key=step_key(config.seed, state.step, LATENTS)
    )
    if sharding is not None:
        latents = jax.lax.with_sharding_constraint(latents, sharding)
    if half:
        batch = batch._replace(images=ops.downsample(batch.images))
    images, pull_back = jax.vjp(
        lambda params: generate(network.generator, params, latents), state.generator
    )

    fake = Batch(images, latents.class_label)
    (loss, spectral_norm), gradient = discriminate(
        network.discriminator, state.discriminator, state.spectral_norm, batch, fake
    )
    discriminator, discriminator_optimizer = follow(
        optimize.discriminator,
        gradient,
        state.discriminator_optimizer,
        state.discriminator,
    )

    variables = {"params": discriminator, "spectral_norm": spectral_norm}
    score = lambda images: network.discriminator.apply(
        variables, images, latents.class_label
    )
    generator_loss, image_gradient = jax.value_and_grad(
        lambda images: hinge_generator(score(images))
    )(images)
    colors = jnp.zeros(())
    if config.color_weight:
        colors, color_gradient = jax.value_and_grad(
            lambda images: color_distance(Batch(images, latents.class_label), batch)
        )(images)
        image_gradient += config.color_weight * color_gradient
    (generator_gradient,) = pull_back(image_gradient)
    generator, generator_optimizer = follow(
        optimize.generator,
        generator_gradient,
        state.generator_optimizer,
        state.generator,
    )
    return (
        State(
            step=state.step + 1,
            generator=generator,
            ema=optax.incremental_update(generator, state.ema, 1 - config.ema_decay),
            discriminator=discriminator,
            spectral_norm=spectral_norm,
            generator_optimizer=generator_optimizer,
            discriminator_optimizer=discriminator_optimizer,
        ),
        Metrics(
            *loss,
            generator_loss,
            colors,
            optax.tree.norm(generator_gradient),
            optax.tree.norm(gradient),
        ),
    )


def generate(generator: nn.Module, params: Params, latents: Latents) -> Images:
    """Returns images, normalized by the statistics of their own batch."""
    variables = {"params": params}
    (images, _), _ = generator.apply(variables, latents, mutable=["batch_stats"])
    return images


def discriminate(
    network: nn.Module,
    params: Params,
    spectral_norm: Params,
    real: Batch,
    fake: Batch,
) -> tuple[tuple[DiscriminatorLoss, Params], Params]:
    """Returns losses, directions after one power iteration, and the gradient.

    Args:
        network: A `jgan.models.discriminators.Discriminator`.
        params: Of it.
        spectral_norm: Directions of its kernels.
        real: Real images.
        fake: Generated ones, as many.
    """
    # One call for both: power iteration goes on once, and larger batches run faster.
    images = jnp.concatenate([real.images, fake.images])
    labels = None
    if real.class_label is not None and fake.class_label is not None:
        labels = jnp.concatenate([real.class_label, fake.class_label])

    def total(params: Params):
        variables = {"params": params, "spectral_norm": spectral_norm}
        scores, written = network.apply(
            variables, images, labels, mutable=["spectral_norm"]
        )
        loss = hinge_discriminator(*jnp.split(scores, [len(real.images)]))
        return loss.real + loss.fake, (loss, written["spectral_norm"])

    gradient, aux = jax.grad(total, has_aux=True)(params)
    return aux, gradient
