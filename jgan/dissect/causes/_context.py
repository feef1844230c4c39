"""Which grounds accept a concept: insertion by what was there before."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from jgan.dissect._finite import are_finite, check_batch
from jgan.dissect._sample import Sample
from jgan.dissect.causes._sites import set_at
from jgan.dissect.causes._tail import (
    check_units,
    concept_map,
    concept_number,
    images_from,
    with_scores,
)
from jgan.gan import Gan
from jgan.segment import ScoringSegmenter

# Places tried in each image.
_TRIED = 8


class ContextEffect(NamedTuple):
    """What inserting a concept does, by the concept that was at the place.

    Attributes:
        effect: Mean rise of the inserted concept's probability at the place, not a
            number where nothing was tried.
        counts: Places tried.
    """

    effect: Float[np.ndarray, " concept"]
    counts: Int[np.ndarray, " concept"]


def insertion_by_context(
    gan: Gan,
    layer: str,
    units: Sequence[int],
    value: Float[np.ndarray, " unit"],
    *,
    concept: str,
    segmenter: ScoringSegmenter,
    sample: Sample,
) -> ContextEffect:
    """Returns how much inserting units raises a concept, by what was there before.

    Units are set at one cell of the layer, at places drawn evenly, one after another
    (Bau et al., 2019, section 4.4: a door appears on a building and not in the sky).

    Args:
        gan: The generator.
        layer: Where.
        units: Which are set.
        value: Level of every unit of the layer, of which those of `units` are used.
        concept: What they are to draw.
        segmenter: Tells what pixels show.
        sample: The images.

    Raises:
        ValueError: If there is no such layer, unit or concept, or an activation or
            what comes of it is not finite.
        TypeError: If the segmenter has no scores.
    """
    check_units(gan, layer, units)
    number, segmenter = concept_number(segmenter, concept), with_scores(segmenter)
    alpha = np.zeros(gan.layers[layer].units, np.float32)
    alpha[list(units)] = 1.0
    num_concepts = len(segmenter.concepts)
    rises, counts = np.zeros(num_concepts), np.zeros(num_concepts, np.int64)
    for start in range(0, sample.num_images, sample.batch_size):
        before, rise, finite = jax.device_get(
            _insert_batch(
                gan,
                segmenter,
                jnp.asarray(alpha),
                jnp.asarray(value, jnp.float32),
                sample.key,
                jnp.int32(start),
                layer,
                number,
                sample.batch_size,
            )
        )
        check_batch(layer, finite, batch=start // sample.batch_size)
        kept = min(sample.batch_size, sample.num_images - start)
        np.add.at(rises, before[:, :kept].ravel(), rise[:, :kept].ravel())
        np.add.at(counts, before[:, :kept].ravel(), 1)
        sample.progress("inserting", min(1.0, (start + kept) / sample.num_images))
    tried = np.where(counts > 0, counts, 1)
    return ContextEffect(np.where(counts > 0, rises / tried, np.nan), counts)


@functools.partial(jax.jit, static_argnums=(6, 7, 8))
def _insert_batch(gan, segmenter, alpha, value, key, start, layer, concept, size):
    latents = gan.sample_latents(size, start=start, key=key)
    images, taps = gan.forward(gan.params, latents, None)
    rows, cols, _ = gan.layers[layer]
    num_concepts = len(segmenter.concepts)
    grid = lambda c, images: concept_map(segmenter, images, c, rows, cols)
    maps = jnp.stack([grid(c, images) for c in range(num_concepts)], axis=-1)
    # Not the keys that the latents are drawn from.
    own = jax.vmap(lambda i: jax.random.fold_in(jax.random.fold_in(key, i), 2))
    draw = lambda key: jax.random.choice(key, rows * cols, (_TRIED,), replace=False)
    places = jax.vmap(draw)(own(start + jnp.arange(size)))
    image = jnp.arange(size)

    def insert(place):
        row, col = jnp.divmod(place, cols)
        edited = set_at(taps[layer], row, col, value[None, :], alpha)
        after = grid(concept, images_from(gan, layer, latents, edited))
        here = maps[image, row, col]
        rise = after[image, row, col] - here[:, concept]
        return here.argmax(axis=-1), rise

    before, rise = jax.lax.map(insert, places.T)
    return before, rise, are_finite(taps[layer], images, maps, rise)
