"""Where a concept is, and where it could be: the places at which units are edited."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan import stats
from jgan.dissect._finite import Finite, are_finite, check_batch
from jgan.dissect._sample import Sample
from jgan.dissect.causes._tail import (
    concept_map,
    concept_number,
    images_from,
    shown_map,
    with_scores,
)
from jgan.gan import Gan
from jgan.segment import ScoringSegmenter

# Places tried in each image; the original's comment says 10, its code takes 5.
_TRIED = 5
# Beside where the concept is often, a tenth of the mean everywhere.
_ANYWHERE = 0.1


class Places(NamedTuple):
    """One place in each of some images, on the grid of a layer.

    Attributes:
        latents: Of the images.
        activation: Of the layer.
        row: Of the place.
        col: Of the place.
    """

    latents: Any
    activation: Float[Array, "image row col unit"]
    row: Int[Array, " image"]
    col: Int[Array, " image"]


class Sites(NamedTuple):
    """What an average causal effect is measured on.

    The places of one kind may be fewer than those of the other.

    Attributes:
        present: Places that show the concept.
        candidate: Places that do not, and most readily would.
        value: What to insert: mean activation where the concept is, weighted by how
            likely it is there.
        score: Mean probability of the concept over all pixels.
    """

    present: Places
    candidate: Places
    value: Float[Array, " unit"]
    score: Float[Array, ""]


class NoSitesError(ValueError):
    """The images that were searched have no place of one kind."""


def find_sites(
    gan: Gan,
    layer: str,
    *,
    concept: str,
    segmenter: ScoringSegmenter,
    num_sites: int,
    sample: Sample,
) -> Sites:
    """Returns places that show a concept and places that could.

    A cell shows a concept if one of its pixels is likelier to show it than not, or one
    of the next cell where the grid of the layer does not divide the labels. The
    present places are the likeliest such cell of the images with most of the concept.
    For the others, the value is inserted at five places of each image, drawn more often
    where the concept is frequent, and of those that did not show it those stay where it
    then grows most in the whole image. (The original code of Bau et al., 2019, which
    keeps the best of eight times as many images.)

    Args:
        gan: The generator.
        layer: Where to edit.
        concept: Which.
        segmenter: Tells what pixels show, differentiably.
        num_sites: Places of each kind, at most.
        sample: Images to search.

    Raises:
        NoSitesError: If no image shows the concept, or all places that were tried do;
            it is a ValueError.
        ValueError: If there is no such layer or concept, there are fewer images than
            sites, or an activation or what comes of it is not finite.
        TypeError: If the segmenter has no scores.
    """
    stats.check_layers(gan, (layer,))
    number, segmenter = concept_number(segmenter, concept), with_scores(segmenter)
    if not 1 <= num_sites <= sample.num_images:
        raise ValueError(
            f"num_sites is {num_sites}; give 1 to the {sample.num_images} images that "
            "are searched."
        )
    look = functools.partial(_look, gan, segmenter, layer, number)
    seen = _over(sample, look, layer, "looking for the concept")
    present = _first(np.where(seen.shows, seen.map.mean(axis=(1, 2)), -np.inf))
    if not len(present):
        raise NoSitesError(
            f"None of {sample.num_images} images of {gan.name} shows {concept!r}: no "
            "pixel is likelier to than not. Search more images, or ask for a concept "
            "that it draws."
        )
    popularity = seen.map.mean(axis=0)
    value = seen.weighted.sum(axis=0) / seen.map.sum()
    weights = popularity + _ANYWHERE * popularity.mean()
    try_ = functools.partial(_try, gan, segmenter, layer, number, value, weights)
    tried = _over(sample, try_, layer, "looking for places")
    candidate = _first(tried.gain)
    if not len(candidate):
        raise NoSitesError(
            f"Each place tried in {sample.num_images} images of {gan.name} shows "
            f"{concept!r} already. Search more images, or ask for a concept that "
            "leaves room."
        )
    places = functools.partial(_places, gan, layer, sample)
    return Sites(
        present=places(present[:num_sites], seen.place),
        candidate=places(candidate[:num_sites], tried.place),
        value=jnp.asarray(value),
        score=jnp.asarray(seen.map.mean()),
    )


class _Seen(NamedTuple):
    map: Any
    weighted: Any
    shows: Any
    place: Any


class _Tried(NamedTuple):
    gain: Any
    place: Any


def _first(scores: Float[np.ndarray, " image"]) -> Int[np.ndarray, " chosen"]:
    """Returns the images of a finite score, the highest first."""
    order = np.argsort(-scores, kind="stable")
    return order[np.isfinite(scores[order])]


def _over(sample: Sample, look: Any, layer: str, doing: str) -> Any:
    """Returns what `look` tells of every image, by batches."""
    parts = []
    for start in range(0, sample.num_images, sample.batch_size):
        numbers = start + np.arange(sample.batch_size)
        found, finite = jax.device_get(
            look(sample.key, jnp.int32(start), sample.batch_size)
        )
        check_batch(layer, finite, batch=start // sample.batch_size)
        inside = numbers < sample.num_images
        parts.append(jax.tree.map(lambda x, inside=inside: x[inside], found))
        sample.progress(doing, min(1.0, (start + len(numbers)) / sample.num_images))
    return jax.tree.map(lambda *xs: np.concatenate(xs), *parts)


@functools.partial(jax.jit, static_argnums=(2, 3, 6))
def _look(gan, segmenter, layer, concept, key, start, size) -> tuple[_Seen, Finite]:
    latents = gan.sample_latents(size, start=start, key=key)
    images, taps = gan.forward(gan.params, latents, None)
    shown, shows = shown_map(segmenter, images, concept, *gan.layers[layer][:2])
    weighted = jnp.einsum("irc,ircu->iu", shown, taps[layer])
    place = jnp.where(shows, shown, -1.0).reshape(size, -1).argmax(axis=1)
    seen = _Seen(shown, weighted, shows.any(axis=(1, 2)), place)
    return seen, are_finite(taps[layer], images, shown, weighted)


@functools.partial(jax.jit, static_argnums=(2, 3, 8))
def _try(
    gan, segmenter, layer, concept, value, weights, key, start, size
) -> tuple[_Tried, Finite]:
    latents = gan.sample_latents(size, start=start, key=key)
    images, taps = gan.forward(gan.params, latents, None)
    rows, cols, _ = gan.layers[layer]
    score = lambda images: concept_map(segmenter, images, concept, rows, cols)
    before, shows = shown_map(segmenter, images, concept, rows, cols)
    logits = jnp.log(jnp.maximum(weights.reshape(-1), 1e-20))
    draw = lambda key: jax.random.choice(
        key, rows * cols, (_TRIED,), replace=False, p=jnp.exp(logits)
    )
    # Not the keys that the latents are drawn from.
    own = jax.vmap(lambda i: jax.random.fold_in(jax.random.fold_in(key, i), 1))
    places = jax.vmap(draw)(own(start + jnp.arange(size)))

    def gain(place):
        row, col = jnp.divmod(place, cols)
        edited = set_at(taps[layer], row, col, value[None, :], jnp.ones_like(value))
        more = score(images_from(gan, layer, latents, edited)) - before
        return more.mean(axis=(1, 2)), shows[jnp.arange(size), row, col]

    gains, there = jax.lax.map(gain, places.T)
    finite = are_finite(taps[layer], images, gains)
    # Where the concept is already, nothing can be inserted.
    gains = jnp.where(there, -jnp.inf, gains)
    best = gains.argmax(axis=0)
    return _Tried(gains.max(axis=0), places[jnp.arange(size), best]), finite


def set_at(
    activation: Float[Array, "image row col unit"],
    row: Int[Array, " image"],
    col: Int[Array, " image"],
    value: Float[Array, "#image unit"],
    alpha: Float[Array, " unit"],
) -> Float[Array, "image row col unit"]:
    """Returns the activation moved to a value by weights, at a place of each image."""
    images = jnp.arange(len(activation))
    here = activation[images, row, col]
    return activation.at[images, row, col].set(
        (1 - alpha)[None, :] * here + alpha[None, :] * value
    )


def _places(gan: Gan, layer: str, sample: Sample, numbers, place) -> Places:
    parts = [
        _activation(gan, layer, sample.key, jnp.int32(number)) for number in numbers
    ]
    latents, activation = jax.tree.map(lambda *xs: jnp.concatenate(xs), *parts)
    rows, cols = np.divmod(place[numbers].astype(np.int32), activation.shape[2])
    return Places(latents, activation, jnp.asarray(rows), jnp.asarray(cols))


@functools.partial(jax.jit, static_argnums=1)
def _activation(gan, layer, key, number):
    latents = gan.sample_latents(1, start=number, key=key)
    return latents, gan.forward(gan.params, latents, None)[1][layer]
