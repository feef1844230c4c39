"""The latent from an activation by gradient descent, as Oldfield et al. (2021) do it.

Each step takes images nobody saw before, and a number of steps is one compiled program.
The loss is the mean squared error over images and latent, plus a penalty on the
factors' squares.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.components._directions import Z
from jgan.components._joint import target_of
from jgan.components._regression import Regression
from jgan.components._weights import Weight
from jgan.gan import Gan

# Steps in one program, after which the host hears of the loss. A step takes some 60
# milliseconds at 512 x 4 x 4 on two cores, calling a program less than one.
_STEPS = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class AdamConfig:
    """How a regression is trained; as the original does unless told otherwise.

    Attributes:
        num_steps: Batches. The original takes 1,000 for edits mode by mode and 200,000
            for multilinear ones.
        batch_size: Images of a batch.
        learning_rate: Of Adam.
        penalty: On the sum of the factors' squares.
    """

    num_steps: int = 1000
    batch_size: int = 16
    learning_rate: float = 1e-4
    penalty: float = 1e-3

    def __post_init__(self) -> None:
        """Refuses a training of nothing.

        Raises:
            ValueError: If there is no step or no image.
        """
        if self.num_steps < 1 or self.batch_size < 1:
            raise ValueError(
                f"num_steps is {self.num_steps} and batch_size {self.batch_size}; give "
                "at least 1."
            )


class Trained(NamedTuple):
    """A regression that was trained.

    Attributes:
        regression: What was learned. Its intercept is 0, as originally.
        errors: Mean squared error of each step's images, before the step.
    """

    regression: Regression
    errors: Float[np.ndarray, " step"]


def adam_regression(
    gan: Gan,
    layer: str,
    weight: Weight,
    *,
    target: str = Z,
    config: AdamConfig | None = None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> Trained:
    """Returns the weight after training, and the error of each step.

    Step `i` takes the images from ``i * batch_size`` on, so the result depends on the
    arguments alone. The activations are as they are, neither centered nor projected.

    Args:
        gan: Any generator.
        layer: One of ``gan.layers``.
        weight: To begin with, from `tucker_weight` or `cp_weight`.
        target: ``"z"``, or a tap of one vector for each image, such as ``"w"``.
        config: How to train.
        resume: A file to save to after every 100 steps, and to go on from if it is
            there. It stays when all is done.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If the layer or the target does not exist, the weight does not fit,
            the error is no longer finite (the message names the step), or `resume` is
            damaged or of another run.
    """
    stats.check_layers(gan, (layer,))
    config = AdamConfig() if config is None else config
    sizes = tuple(len(factor) for factor in (weight.row, weight.col, weight.unit))
    if sizes != tuple(gan.layers[layer]):
        raise ValueError(
            f"The weight takes activations of shape {sizes}; layer {layer!r} has "
            f"{tuple(gan.layers[layer])}."
        )
    state = optax.adam(config.learning_rate).init(weight)
    errors = np.zeros(0, np.float32)
    saved, done = None, 0
    if resume is not None:
        saved = stats.Saved(resume, _identity(gan, layer, weight, target, config, key))
        (weight, state, errors), done = saved.load((weight, state, errors))
        if done > config.num_steps:
            raise ValueError(
                f"{resume} holds {done} steps, and num_steps is {config.num_steps}. "
                "Give as many, or another file."
            )
    for first in range(done, config.num_steps, _STEPS):
        count = min(_STEPS, config.num_steps - first)
        weight, state, found = _train(
            gan, weight, state, jnp.int32(first), key, layer, target, config, count
        )
        found = np.asarray(found)
        if not np.isfinite(found).all():
            step = first + int(np.argmin(np.isfinite(found)))
            raise ValueError(
                f"The error of step {step} is not finite. Give a smaller learning_rate "
                f"than {config.learning_rate}, and look for NaN in layer {layer!r}."
            )
        errors = np.concatenate([errors, found])
        if saved is not None:
            saved.save((weight, state, errors), first + count)
        if progress is not None:
            progress((first + count) / config.num_steps)
    intercept = jnp.zeros((len(weight.latent),), jnp.float32)
    regression = Regression({target: weight}, {target: intercept})
    return Trained(regression, errors)


def _identity(
    gan: Gan,
    layer: str,
    weight: Weight,
    target: str,
    config: AdamConfig,
    key: PRNGKeyArray,
) -> dict[str, str]:
    # Not the number of steps: a finished run may be given more.
    settings = dataclasses.replace(config, num_steps=1)
    return {
        "generator": stats.digest_of_gan(gan),
        "layer": layer,
        "weight": stats.digest(weight),
        "target": target,
        "config": repr(settings),
        "key": stats.digest(key),
    }


@functools.partial(jax.jit, static_argnums=(5, 6, 7, 8))
def _train(
    gan: Gan,
    weight: Weight,
    state: optax.OptState,
    first: Int[Array, ""],
    key: PRNGKeyArray,
    layer: str,
    target: str,
    config: AdamConfig,
    num_steps: int,
) -> tuple[Weight, optax.OptState, Float[Array, " step"]]:
    optimizer = optax.adam(config.learning_rate)

    def step(carry, i):
        weight, state = carry
        size = config.batch_size
        latents = gan.sample_latents(size, start=i * size, key=key)
        taps = gan.forward(gan.params, latents, None)[1]
        truth = target_of(latents, taps, target)
        loss = functools.partial(
            loss_of, activation=taps[layer], truth=truth, penalty=config.penalty
        )
        gradients, error = jax.grad(loss, has_aux=True)(weight)
        # Optax raises floats to whole powers.
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(gradients, state)
        moved = jax.tree.map(jnp.add, weight, updates)
        return (moved, state), error

    (weight, state), errors = jax.lax.scan(
        step, (weight, state), first + jnp.arange(num_steps)
    )
    return weight, state, errors


def loss_of(
    weight: Weight,
    activation: Float[Array, "image row col unit"],
    truth: Float[Array, "image latent"],
    penalty: float,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Returns what training minimizes, and the mean squared error that is in it.

    Args:
        weight: On trial.
        activation: Of a batch of images.
        truth: Their latents.
        penalty: Factor of the weight's penalty.
    """
    predicted = weight.apply(activation.astype(jnp.float32))
    error = jnp.mean(jnp.square(predicted - truth))
    return error + penalty * weight.penalty(), error
