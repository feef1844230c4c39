"""Training the scenes network on scenes drawn as it goes.

No image is seen twice: step `i` renders its own batch inside the jitted step.
"""

import functools
import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.segment.scenes.augment import augment
from jgan.segment.scenes.evaluate import evaluate
from jgan.segment.scenes.factors import factor_truth, standardize
from jgan.segment.scenes.network import Network, Reading
from jgan.segment.scenes.reader import SceneNetwork, network_of, save
from jgan.typing import Params
from jgan.worlds.scenes import CONCEPTS, Scenes, sample_scenes

# Doors and windows are 0.3 and 0.4 % of the pixels and mostly edge; the others named
# are 1 to 2 %.
_RARE = {
    "door": 4.0,
    "window": 4.0,
    "sun": 2.0,
    "water": 2.0,
    "house": 2.0,
    "roof": 2.0,
}
_CONCEPT_WEIGHT = np.asarray([_RARE.get(name, 1.0) for name in CONCEPTS], np.float32)
# The class is easy, and the pixels are what most analyses ask for.
_CLASS_WEIGHT = 0.25
_FACTOR_WEIGHT = 0.5
# Part of the steps in which the learning rate rises.
_WARMUP = 0.05
# Norm of the gradient that a step uses at most: without normalization the first steps
# can be large.
_MAX_GRADIENT = 1.0
# Of Adam; 0.999 would average over a good part of so short a training.
_SQUARES_DECAY = 0.99
_LOG_EVERY = 50
# Side of the images that the network is trained at.
_RESOLUTION = 64

Callback = Callable[[dict[str, float]], None]


class FitState(NamedTuple):
    """What a step of training takes and gives back.

    Attributes:
        params: Of the network.
        optimizer: State of the optimizer.
        step: Steps done.
    """

    params: Params
    optimizer: optax.OptState
    step: Int[Array, ""]


class Losses(NamedTuple):
    """The parts of the loss.

    Attributes:
        segmentation: Cross-entropy of the concepts in nats a pixel, the rare ones
            weighted.
        classes: Cross-entropy of the class in nats.
        factors: Huber loss of the standardized factors, of those that can be read.
    """

    segmentation: Float[Array, ""]
    classes: Float[Array, ""]
    factors: Float[Array, ""]


def fit(
    out: str | os.PathLike[str],
    *,
    num_steps: int,
    batch_size: int,
    learning_rate: float = 3e-3,
    num_test: int = 4000,
    key: PRNGKeyArray,
    callback: Callback | None = None,
) -> SceneNetwork:
    """Returns a trained scenes network, and writes it whole into a folder.

    Args:
        out: Folder for weights, configuration and training log; replaced if there.
        num_steps: Steps of Adam.
        batch_size: Images a step.
        learning_rate: At its highest: it rises linearly over the first twentieth of
            the steps and falls to 0 as a cosine.
        num_test: Scenes to judge the trained network on.
        key: Consumed whole.
        callback: Called with each line of the training log as it is made.

    Raises:
        ValueError: If there is no step, no image a step or none to judge it on.
        FloatingPointError: If the loss is not finite.
    """
    if min(num_steps, batch_size, num_test) < 1:
        raise ValueError(
            f"num_steps is {num_steps}, batch_size {batch_size} and num_test "
            f"{num_test}; all take 1 or more."
        )
    init_key, data_key, test_key = jax.random.split(key, 3)
    network = network_of()
    params = jax.jit(network.init)(
        init_key, jnp.zeros((1, _RESOLUTION, _RESOLUTION, 3))
    )
    optimizer = _optimizer(num_steps, learning_rate)
    state = FitState(params, optimizer.init(params), jnp.int32(0))
    log: list[dict[str, float]] = []
    for step in range(num_steps):
        state, losses = _step(state, data_key, network, optimizer, batch_size)
        if step % _LOG_EVERY and step != num_steps - 1:
            continue
        line = {"step": step, **{k: float(v) for k, v in losses._asdict().items()}}
        if not np.isfinite(list(line.values())).all():
            raise FloatingPointError(
                f"The loss is not finite at step {step}: {line}. Try a learning rate "
                f"below {learning_rate}."
            )
        log.append(line)
        if callback is not None:
            callback(line)
    trained = SceneNetwork(state.params)
    figures = evaluate(trained, num_images=num_test, key=test_key)
    settings = {
        "num_steps": num_steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
    }
    save(
        trained,
        pathlib.Path(out),
        training={**settings, "log": log},
        # JSON knows no NaN.
        figures=jax.tree.map(lambda f: None if np.isnan(f) else f, figures._asdict()),
    )
    return trained


def _optimizer(num_steps: int, learning_rate: float) -> optax.GradientTransformation:
    warmup = max(1, round(_WARMUP * num_steps))
    rate = optax.warmup_cosine_decay_schedule(
        0.0, learning_rate, warmup, max(num_steps, warmup + 1)
    )
    return optax.chain(
        optax.clip_by_global_norm(_MAX_GRADIENT), optax.adam(rate, b2=_SQUARES_DECAY)
    )


@functools.partial(jax.jit, static_argnums=(2, 3, 4), donate_argnums=0)
def _step(
    state: FitState,
    key: PRNGKeyArray,
    network: Network,
    optimizer: optax.GradientTransformation,
    batch_size: int,
) -> tuple[FitState, Losses]:
    scene_key, damage_key = jax.random.split(jax.random.fold_in(key, state.step))
    scenes = sample_scenes(batch_size, resolution=_RESOLUTION, key=scene_key)
    images = augment(scenes.images, key=damage_key)

    def total(params: Params) -> tuple[Float[Array, ""], Losses]:
        parts = losses_of(network.apply(params, images), scenes)  # pyright: ignore[reportArgumentType]
        weighted = _CLASS_WEIGHT * parts.classes + _FACTOR_WEIGHT * parts.factors
        return parts.segmentation + weighted, parts

    gradient, losses = jax.grad(total, has_aux=True)(state.params)
    # optax divides and raises by its int32 count.
    with jax.numpy_dtype_promotion("standard"):
        updates, new = optimizer.update(gradient, state.optimizer, state.params)
    params = optax.apply_updates(state.params, updates)
    return FitState(params, new, state.step + 1), losses


def losses_of(reading: Reading, scenes: Scenes) -> Losses:
    """Returns how far a reading is from the truth."""
    own = jnp.take_along_axis(
        reading.scores, scenes.segmentation[..., None], axis=-1
    ).squeeze(-1)
    pixel_weight = jnp.asarray(_CONCEPT_WEIGHT)[scenes.segmentation]
    own_class = jnp.take_along_axis(
        reading.class_scores, scenes.class_label[:, None], axis=-1
    )
    truth = factor_truth(scenes)
    error = optax.huber_loss(reading.factors, standardize(truth.values))
    return Losses(
        -jnp.sum(pixel_weight * own) / jnp.sum(pixel_weight),
        -jnp.mean(own_class),
        jnp.sum(truth.weights * error) / jnp.sum(truth.weights),
    )
