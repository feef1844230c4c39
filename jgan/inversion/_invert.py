"""Inversion by optimization: of many random starts the nearest, then Adam from each.

After Zhu et al. (2016), who descend from several starts; for any `Gan`, in one program.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan.gan import Gan
from jgan.metrics import Features
from jgan.taps import Replace
from jgan.typing import Images

# The generator's own input.
_LATENTS = "z"
# Of [-1, 1].
_RANGE = 2.0
# So many random images for each start that is taken up.
_DRAWS = 32


class Inversion(NamedTuple):
    """Latents of given images, one for each.

    Attributes:
        latents: For ``gan.forward``, with `edits`.
        edits: What is replaced where a tap was inverted; else empty.
        images: What they make.
        psnr: How near that is, in decibels: 10 log10 of the squared range over the mean
            squared difference of pixels.
        losses: Of the start that came nearest, at every step.
    """

    latents: Any
    edits: Mapping[str, Replace]
    images: Images
    psnr: Float[np.ndarray, " image"]
    losses: Float[np.ndarray, "image step"]


def invert(
    gan: Gan,
    images: Float[ArrayLike, "image row col 3"],
    *,
    target: str = _LATENTS,
    features: Features | None = None,
    feature_weight: float = 1.0,
    prior_weight: float = 0.0,
    class_label: int | Int[Array, " image"] | None = None,
    num_restarts: int = 4,
    num_steps: int = 500,
    learning_rate: float = 0.1,
    batch_size: int = 16,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Inversion:
    """Returns the latents that come nearest to each image.

    The loss is the mean squared difference of pixels, plus that of features in parts of
    their variance over the images made at random. Adam's rate falls to nothing along a
    cosine. An image is inverted alone, whatever else is in its batch.

    Args:
        gan: Any generator.
        images: In [-1, 1], of the generator's resolution.
        target: ``"z"`` moves what is drawn; the name of a tap, such as ``"w_plus"`` of
            a StyleGAN, replaces its activation.
        features: Differentiable, of images in [-1, 1]; None compares pixels alone.
        feature_weight: Of features in the loss.
        prior_weight: Of the mean square of the latents in the loss, which keeps them
            likely; of a tap, of its distance from where it started.
        class_label: Of the images, one for all or one for each; None draws the classes
            of the starts, of which the nearest are taken.
        num_restarts: Starts for each image. Of 32 times as many random images, those
            nearest to it.
        num_steps: Of Adam.
        learning_rate: At the start, for latents of variance 1.
        batch_size: Images at a time, each with all its starts.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If the images do not fit the generator or are not finite, there is
            no such tap, or a number is not positive.
    """
    images = np.asarray(images, np.float32)
    side = gan.resolution
    if images.ndim != 4 or images.shape[1:] != (side, side, 3) or not len(images):
        raise ValueError(
            f"The images have shape {images.shape}; {gan.name} makes (image, {side}, "
            f"{side}, 3)."
        )
    if not np.isfinite(images).all():
        raise ValueError("An image holds NaN or infinity.")
    counts = {
        "num_restarts": num_restarts,
        "num_steps": num_steps,
        "batch_size": batch_size,
    }
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is {count}; give at least 1.")
    if learning_rate <= 0:
        raise ValueError(f"learning_rate is {learning_rate}; it must be positive.")
    fit = _Fit(
        target=target,
        features=features,
        feature_weight=feature_weight,
        prior_weight=prior_weight,
        num_steps=num_steps,
        learning_rate=learning_rate,
    )
    labels = (
        None
        if class_label is None
        else jnp.broadcast_to(jnp.asarray(class_label, jnp.int32), (len(images),))
    )
    parts = []
    for start in range(0, len(images), batch_size):
        some = jnp.asarray(images[start : start + batch_size])
        label = None if labels is None else labels[start : start + batch_size]
        # One key for all: an image's starts do not depend on its place.
        starts, spread = _starts(gan, some, label, fit, num_restarts, key)
        parts.append(_descend(gan, some, starts, spread, fit))
        progress(min(1.0, (start + batch_size) / len(images)))
    latents, value, made, losses = jax.tree.map(
        lambda *leaves: jnp.concatenate(leaves), *parts
    )
    error = np.square(np.asarray(made, np.float64) - images).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        psnr = 10 * np.log10(_RANGE**2 / error)
    edits = {} if target == _LATENTS else {target: Replace(value)}
    return Inversion(latents, edits, made, psnr, np.asarray(losses))


class _Fit(NamedTuple):
    """What is static about the descent."""

    target: str
    features: Features | None
    feature_weight: float
    prior_weight: float
    num_steps: int
    learning_rate: float


@functools.partial(jax.jit, static_argnums=(3, 4))
def _starts(gan: Gan, images: Images, label, fit: _Fit, count: int, key) -> Any:
    """Returns latents of the nearest random images, and the variance of features.

    Of each image `count`, one image's after the other's.
    """
    total = _DRAWS * count
    # Of the classes that are asked for, each has draws of its own.
    asked = None if label is None else jnp.repeat(label, total)
    size = total if label is None else total * len(images)
    drawn = gan.sample_latents(size, class_label=asked, key=key)
    batches = jax.tree.map(lambda x: x.reshape(-1, _DRAWS, *x.shape[1:]), drawn)
    made = jax.lax.map(lambda some: gan.forward(gan.params, some)[0], batches)
    made = made.reshape(size, *made.shape[2:])
    far = lambda image, others: jnp.square(image[None] - others).mean(axis=(1, 2, 3))
    if label is None:
        distance = jax.lax.map(lambda image: far(image, made), images)
    else:
        own = made.reshape(len(images), total, *made.shape[1:])
        distance = jax.lax.map(lambda pair: far(*pair), (images, own))
    _, nearest = jax.lax.top_k(-distance, count)
    if label is not None:
        nearest = nearest + total * jnp.arange(len(images))[:, None]
    starts = jax.tree.map(lambda x: x[nearest.ravel()], drawn)
    if fit.features is None:
        return starts, jnp.ones(())
    return starts, jnp.var(fit.features(made[:total]), axis=0).mean()


@functools.partial(jax.jit, static_argnums=4)
def _descend(gan: Gan, images: Images, starts: Any, spread: Array, fit: _Fit):
    """Returns latents, the tap's value, images and losses of the best of each start."""
    repeats = jax.tree.leaves(starts)[0].shape[0] // len(images)
    wanted = jnp.repeat(images, repeats, axis=0)
    wanted_features = None if fit.features is None else fit.features(wanted)
    if fit.target == _LATENTS:
        first = _continuous(starts)
    else:
        taps = gan.forward(gan.params, starts)[1]
        if fit.target not in taps:
            raise ValueError(f"There is no tap {fit.target!r}. Have {[*taps]}.")
        first = taps[fit.target]

    def make(moved: Any) -> tuple[Images, Any]:
        if fit.target == _LATENTS:
            latents = starts._replace(**moved)
            return gan.forward(gan.params, latents)[0], latents
        edits = {fit.target: Replace(moved)}
        return gan.forward(gan.params, starts, edits)[0], starts

    def losses(moved: Any) -> Float[Array, " start"]:
        made, _ = make(moved)
        loss = jnp.square(made - wanted).mean(axis=(1, 2, 3))
        if fit.features is not None and wanted_features is not None:
            off = jnp.square(fit.features(made) - wanted_features)
            off = off.reshape(len(off), -1).mean(axis=1)
            loss = loss + fit.feature_weight * off / spread
        if fit.prior_weight:
            anchor = (
                first if fit.target != _LATENTS else jax.tree.map(jnp.zeros_like, first)
            )
            squares = jax.tree.map(
                lambda a, b: jnp.square(a - b).reshape(len(a), -1).mean(axis=1),
                moved,
                anchor,
            )
            loss = loss + fit.prior_weight * sum(jax.tree.leaves(squares))
        return loss

    schedule = optax.cosine_decay_schedule(fit.learning_rate, fit.num_steps)
    adam = optax.adam(schedule)

    def step(carry, _):
        moved, state = carry
        # Each start's gradient is its own, as no image depends on another.
        loss, pull = jax.vjp(losses, moved)
        (gradient,) = pull(jnp.ones_like(loss))
        with jax.numpy_dtype_promotion("standard"):
            updates, state = adam.update(gradient, state, moved)
            moved = optax.apply_updates(moved, updates)
        return (moved, state), loss

    (moved, _), history = jax.lax.scan(
        step, (first, adam.init(first)), length=fit.num_steps
    )
    final = losses(moved).reshape(-1, repeats)
    best = jnp.argmin(final, axis=1) + repeats * jnp.arange(len(images))
    made, latents = make(moved)
    value = moved if fit.target != _LATENTS else jnp.zeros((len(made),))
    chosen = jax.tree.map(lambda x: x[best], (latents, value, made))
    return *chosen, history.T[best]


def _continuous(latents: Any) -> dict[str, Array]:
    """Returns what a latent has for each image that is more than one number.

    Classes cannot be moved a little, and single numbers, such as a truncation, are
    chosen and not found.
    """
    return {
        name: value
        for name, value in latents._asdict().items()
        if value is not None and jnp.ndim(value) > 1
    }
