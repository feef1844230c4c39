"""One step of an EigenGAN's training: the discriminator's update, then the generator's.

As in BigGAN's step of `jgan.training`, both updates use the same generated images, and
the generator follows the updated discriminator. The published code draws new ones for
the second: the same expectation, at the price of another forward.
"""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from jgan.eigengan._bases import orthogonality_loss, slowed, straightened
from jgan.eigengan._config import TrainConfig
from jgan.eigengan._penalty import penalize
from jgan.eigengan._state import State, draw_latents, optimizer
from jgan.models.eigen_discriminator import Discriminator
from jgan.models.eigen_latents import EigenLatents
from jgan.models.eigengan import Generator
from jgan.training import keys
from jgan.training.colors import color_distance
from jgan.training.losses import (
    class_information,
    hinge_fake,
    hinge_real,
    saturating_hinge_generator,
)
from jgan.training.optimize import follow
from jgan.training.shares import Shares
from jgan.typing import Images, Params
from jgan.worlds import Batch

Scalar = Float[Array, ""] | float


class Metrics(NamedTuple):
    """What one step tells about the run.

    Attributes:
        real: What real images cost the discriminator.
        fake: What generated images cost it.
        penalty: Squared norm of its gradient at real images, times the steps between
            penalties, and 0 in the steps between: over many steps, the mean is the
            norm's.
        classes: Cross entropy of the classes of real images, 0 without classes.
        generator: What generated images cost the generator.
        information: What they tell about their class in nats, 0 without classes.
        orthogonality: Half the squared norm of U^T U - I, summed over layers.
        colors: Distance of colors that the generator minimizes too, 0 where it does
            not.
        generator_gradient: Norm of its gradient.
        discriminator_gradient: Norm of its gradient.
    """

    real: Scalar
    fake: Scalar
    penalty: Scalar
    classes: Scalar
    generator: Scalar
    information: Scalar
    orthogonality: Scalar
    colors: Scalar
    generator_gradient: Scalar
    discriminator_gradient: Scalar


def train_step(
    state: State,
    batch: Batch,
    config: TrainConfig,
    *,
    penalized: bool,
    sharding: jax.sharding.Sharding | None = None,
) -> tuple[State, Metrics]:
    """Returns the state after one step, and its metrics.

    Args:
        state: Before the step; may be donated.
        batch: Real images, and their classes if the discriminator tells them apart.
        config: Static.
        penalized: Whether the step is one of those with a gradient penalty.
        sharding: How images lie on devices, whose number divides the batch: each takes
            the step on its own. None leaves it to the compiler.

    Raises:
        ValueError: If the discriminator tells classes apart, and the batch has none.
    """
    if config.discriminator.num_classes and batch.class_label is None:
        raise ValueError(
            f"The discriminator tells {config.discriminator.num_classes} classes "
            "apart, and the real images have none. Train `config.without_classes()`."
        )
    shares = Shares(sharding)
    latents = draw_latents(config, config.batch_size, state.step)
    reals = _flipped(batch.images, config, state) if config.flip else batch.images
    step = functools.partial(
        _share_of_step, config=config, penalized=penalized, shares=shares
    )
    return shares.divided(step)(state, batch._replace(images=reals), latents)


def _share_of_step(
    state: State,
    reals: Batch,
    latents: EigenLatents,
    *,
    config: TrainConfig,
    penalized: bool,
    shares: Shares,
) -> tuple[State, Metrics]:
    """Returns what `train_step` does, from a share of the images."""
    generate = lambda params: Generator(config.generator).apply(
        {"params": params}, latents
    )[0]
    fakes, pull_back = jax.vjp(generate, state.generator)

    losses, gradient = shares.mean(
        _discriminate(state.discriminator, reals, fakes, config, penalized=penalized)
    )
    longest = config.longest_step and config.longest_step * config.learning_rate
    move = functools.partial(follow, optimizer(config), longest=longest)
    discriminator, discriminator_optimizer = move(
        gradient, state.discriminator_optimizer, state.discriminator
    )

    network: Any = Discriminator(config.discriminator)

    def cost(images: Images) -> tuple[Array, tuple[Array, Array]]:
        scores, kinds = network.apply({"params": discriminator}, images)
        return _generator_cost(scores, kinds, config, shares)

    image_gradient, generator_losses = jax.grad(cost, has_aux=True)(fakes)
    colors = jnp.zeros(())
    if config.color_weight:
        colors, color_gradient = _color_gradient(fakes, reals.images, shares)
        image_gradient += config.color_weight * color_gradient
    (realism, information), (generator_gradient,) = shares.mean(
        (generator_losses, pull_back(image_gradient))
    )
    generator, generator_optimizer = move(
        generator_gradient, state.generator_optimizer, state.generator
    )
    if config.basis_step is not None:
        generator = slowed(state.generator, generator, config.basis_step)
    # An average of orthonormal bases is none, and shorter.
    ema = optax.incremental_update(generator, state.ema, 1 - config.ema_decay)
    if not config.generator.exact:
        generator = straightened(generator, config.orthogonality_weight)
        ema = straightened(ema, config.orthogonality_weight)
    return (
        State(
            step=state.step + 1,
            generator=generator,
            ema=ema,
            discriminator=discriminator,
            generator_optimizer=generator_optimizer,
            discriminator_optimizer=discriminator_optimizer,
        ),
        Metrics(
            **losses,
            generator=realism,
            information=information,
            orthogonality=orthogonality_loss(state.generator),
            colors=colors,
            generator_gradient=optax.tree.norm(generator_gradient),
            discriminator_gradient=optax.tree.norm(gradient),
        ),
    )


def _color_gradient(
    fakes: Images, reals: Images, shares: Shares
) -> tuple[Float[Array, ""], Images]:
    """Returns the distance of colors, and the gradient for this share's images.

    Every image is compared with all, on every device. The gradient is that of as many
    distances as there are shares, whose mean is taken in the end.
    """
    all_reals = Batch(shares.gather(reals), None)
    distance = lambda images: color_distance(Batch(images, None), all_reals)
    every = shares.gather(fakes)
    colors, gradient = jax.value_and_grad(distance)(every)
    num_shares = len(every) // len(fakes)
    return colors, num_shares * shares.own(gradient, len(fakes))


def _generator_cost(
    scores: Float[Array, " image"],
    class_scores: Float[Array, "image class"],
    config: TrainConfig,
    shares: Shares,
) -> tuple[Array, tuple[Array, Array]]:
    """Returns the loss of a share of generated images, and its two parts."""
    realism = saturating_hinge_generator(scores)
    if not config.discriminator.num_classes:
        return realism, (realism, jnp.zeros(()))
    kinds = jax.nn.softmax(jax.lax.stop_gradient(class_scores))
    information = class_information(class_scores, shares.mean(kinds.mean(axis=0)))
    return realism - config.class_weight * information, (realism, information)


def _flipped(images: Images, config: TrainConfig, state: State) -> Images:
    key = keys.step_key(config.seed, state.step, keys.FLIPS)
    mirrored = jax.random.bernoulli(key, shape=(len(images), 1, 1, 1))
    return jnp.where(mirrored, images[:, :, ::-1], images)


def _discriminate(
    params: Params,
    reals: Batch,
    fakes: Images,
    config: TrainConfig,
    *,
    penalized: bool,
) -> tuple[dict[str, Array], Params]:
    """Returns the parts of the loss, as `Metrics` names them, and the gradient."""
    network: Any = Discriminator(config.discriminator)

    def total(params: Params):
        score = lambda images: network.apply({"params": params}, images)
        if penalized:
            found = penalize(
                network,
                params,
                reals.images,
                hinge_real,
                weight=config.penalty_weight * config.penalty_every,
            )
            real, cost = found.cost, found.surrogate
            penalty = config.penalty_every * found.penalty
            fake_scores, _ = score(fakes)
            # The compiler takes the forward pass that is there already.
            _, kinds = score(reals.images)
        else:
            # In one call: larger batches run faster.
            scores, kinds = score(jnp.concatenate([reals.images, fakes]))
            real_scores, fake_scores = jnp.split(scores, [len(reals.images)])
            kinds = kinds[: len(reals.images)]
            real = cost = hinge_real(real_scores)
            penalty = jnp.zeros(())
        fake, classes = hinge_fake(fake_scores), jnp.zeros(())
        if config.discriminator.num_classes and reals.class_label is not None:
            classes = optax.softmax_cross_entropy_with_integer_labels(
                kinds, reals.class_label
            ).mean()
        parts = {"real": real, "fake": fake, "penalty": penalty, "classes": classes}
        return cost + fake + classes, parts

    gradient, parts = jax.grad(total, has_aux=True)(params)
    return parts, gradient
