"""The average causal effect (ACE) of units on a concept, and the units of most effect.

Units are turned off where the concept is, and set to a value where it could be. The
effect is the difference of the concept's probability between the two, at the edited
place (Bau et al., 2019, section 3.2). A weight for each unit between 0 and 1 makes it
differentiable, and the weights of most effect rank the units.
"""

import functools
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.dissect.causes._sites import Places, Sites, set_at
from jgan.dissect.causes._tail import (
    check_units,
    concept_map,
    concept_number,
    images_from,
    with_scores,
)
from jgan.gan import Gan
from jgan.segment import ScoringSegmenter

# Of the original code: Adam's rate, and places of each kind in one step.
_RATE, _BATCH = 0.01, 20
# Weights of the penalty: squared norm (original code), or norm (Bau et al., 2019, first
# version; in units of the effect normalized by the mean probability of the concept).
_CODE_PENALTY, _PAPER_PENALTY = 0.005, 100.0


class AverageCausalEffect(NamedTuple):
    """Weights that make the effect large.

    Attributes:
        alpha: Weight of each unit, in [0, 1].
        effect: Of these weights on the places they were found on, by step.
    """

    alpha: Float[np.ndarray, " unit"]
    effect: Float[np.ndarray, " step"]

    @property
    def ranking(self) -> list[int]:
        """Units by weight, highest first."""
        return np.argsort(-self.alpha, kind="stable").tolist()


def optimize_effect(
    gan: Gan,
    layer: str,
    sites: Sites,
    start: Float[np.ndarray, " unit"],
    *,
    concept: str,
    segmenter: ScoringSegmenter,
    num_steps: int = 500,
    penalty: Literal["code", "paper"] = "code",
    compat: bool = False,
    key: PRNGKeyArray,
) -> AverageCausalEffect:
    """Returns the weights of most effect: Adam, clipped to [0, 1] after each step.

    Args:
        gan: The generator.
        layer: Where to edit.
        sites: Places of that layer, from `find_sites`.
        start: First weights; the original's are IoU over the highest IoU.
        concept: Which.
        segmenter: Tells what pixels show, differentiably.
        num_steps: Steps, each on 20 places of each kind.
        penalty: Keeps weights small: 0.005 times the sum of squares (``"code"``), or
            100 times their norm with the effect relative to the concept's mean
            probability (``"paper"``).
        compat: Read the effect of inserting where the *other* place of the batch is, as
            the original's code does by mistake.
        key: Draws the places of each step.

    Raises:
        ValueError: If there is no such layer or concept, or `start` is not a weight in
            [0, 1] for each unit.
        TypeError: If the segmenter has no scores.
    """
    stats.check_layers(gan, (layer,))
    number, segmenter = concept_number(segmenter, concept), with_scores(segmenter)
    units = gan.layers[layer].units
    start = np.asarray(start, np.float32)
    if start.shape != (units,) or not ((start >= 0) & (start <= 1)).all():
        raise ValueError(
            f"start has shape {start.shape} and values {start.min(initial=np.inf):.3g} "
            f"to {start.max(initial=-np.inf):.3g}; give {units} weights in [0, 1]."
        )
    state = _State(jnp.asarray(start), _adam().init(jnp.asarray(start)))
    size = min(_BATCH, len(sites.present.row), len(sites.candidate.row))
    effects = []
    # Not a `scan`: on a CPU, XLA gives convolutions backwards no fast form inside a
    # loop, and steps of `scenes64` took 6 times as long.
    for step_key in jax.random.split(key, num_steps):
        # Apart from the step, so that its program serves any number of sites.
        drawn = _draw(sites, step_key, size)
        state, effect = _step(
            gan, segmenter, drawn, state, layer, number, penalty, compat
        )
        effects.append(effect)
    return AverageCausalEffect(
        np.asarray(state.alpha), np.asarray(jax.device_get(effects), np.float32)
    )


class _State(NamedTuple):
    alpha: Array
    moments: optax.OptState


def _adam() -> optax.GradientTransformation:
    return optax.adam(_RATE)


@functools.partial(jax.jit, static_argnums=2)
def _draw(sites: Sites, key: Array, size: int) -> Sites:
    """Returns some of the places of each kind."""
    draw = lambda places, key: _take(
        places, jax.random.choice(key, len(places.row), (size,), replace=False)
    )
    present_key, candidate_key = jax.random.split(key)
    return sites._replace(
        present=draw(sites.present, present_key),
        candidate=draw(sites.candidate, candidate_key),
    )


@functools.partial(jax.jit, static_argnums=(4, 5, 6, 7))
def _step(
    gan, segmenter, sites, state, layer, concept, penalty, compat
) -> tuple[_State, Array]:
    score = functools.partial(_score, gan, segmenter, layer, concept)
    present, candidate = sites.present, sites.candidate

    def loss(alpha):
        off = score(present, alpha, jnp.zeros_like(alpha), present)
        read = present if compat else candidate
        on = score(candidate, alpha, sites.value, read)
        effect = on.mean() - off.mean()
        if penalty == "code":
            return _CODE_PENALTY * jnp.square(alpha).sum() - effect, effect
        # Its gradient at zero weights is not a number without the small term.
        norm = jnp.sqrt(jnp.square(alpha).sum() + 1e-12)
        relative = effect / jnp.maximum(sites.score, 1e-12)
        return _PAPER_PENALTY * norm - relative, effect

    gradient, effect = jax.grad(loss, has_aux=True)(state.alpha)
    # Optax counts its steps with integers among floats.
    with jax.numpy_dtype_promotion("standard"):
        change, moments = _adam().update(gradient, state.moments, state.alpha)
    return _State(jnp.clip(state.alpha + change, 0.0, 1.0), moments), effect


def _take(places: Places, numbers: Int[ArrayLike, " place"]) -> Places:
    return jax.tree.map(lambda leaf: leaf[numbers], places)


def _score(
    gan: Gan,
    segmenter: ScoringSegmenter,
    layer: str,
    concept: int,
    places: Places,
    alpha: Array,
    value: Array,
    read: Places,
) -> Float[Array, " image"]:
    """Returns the concept's probability at a place of the edited images."""
    edited = set_at(places.activation, places.row, places.col, value[None, :], alpha)
    images = images_from(gan, layer, places.latents, edited)
    shown = concept_map(segmenter, images, concept, *places.activation.shape[1:3])
    return shown[jnp.arange(len(shown)), read.row, read.col]


class SetEffect(NamedTuple):
    """Mean probability of a concept at places, before and after a set of units changes.

    Attributes:
        present: Where the concept is.
        off: There, with the units turned off.
        candidate: Where it could be.
        on: There, with the units set.
    """

    present: float
    off: float
    candidate: float
    on: float

    @property
    def effect(self) -> float:
        """The average causal effect, in [-1, 1]: how likelier it is set than off.

        Far below 0 for a set that does nothing, as present places show the concept and
        candidates do not. The published, normalized one is over ``sites.score``.
        """
        return self.on - self.off


def set_effect(
    gan: Gan,
    layer: str,
    sites: Sites,
    units: Sequence[int],
    *,
    concept: str,
    segmenter: ScoringSegmenter,
) -> SetEffect:
    """Returns what a set of units causes, turned off and set whole, each at one cell.

    Args:
        gan: The generator.
        layer: Where they are.
        sites: Places, others than those that the set was found on.
        units: The set.
        concept: Which.
        segmenter: Tells what pixels show.

    Raises:
        ValueError: If there is no such layer, unit or concept.
        TypeError: If the segmenter has no scores.
    """
    check_units(gan, layer, units)
    number, segmenter = concept_number(segmenter, concept), with_scores(segmenter)
    alpha = np.zeros(gan.layers[layer].units, np.float32)
    alpha[list(units)] = 1.0
    nothing = np.zeros_like(alpha)
    score = functools.partial(_score_one, gan, segmenter, layer, number)

    def mean(places: Places, weights: Any, value: Any) -> float:
        # One by one: the activations of all images at once may not fit. One program
        # serves them all, however many there are of each kind.
        each = [
            score(_take(places, np.array([i])), weights, value)
            for i in range(len(places.row))
        ]
        return float(np.mean(jax.device_get(each)))

    return SetEffect(
        present=mean(sites.present, nothing, nothing),
        off=mean(sites.present, alpha, nothing),
        candidate=mean(sites.candidate, nothing, nothing),
        on=mean(sites.candidate, alpha, sites.value),
    )


@functools.partial(jax.jit, static_argnums=(2, 3))
def _score_one(gan, segmenter, layer, concept, place, weights, value):
    return _score(gan, segmenter, layer, concept, place, weights, value, place)[0]
