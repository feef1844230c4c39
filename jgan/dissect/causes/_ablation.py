"""How much of a concept is left when more and more units are turned off."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan import stats
from jgan.dissect._finite import Finite, are_finite, check_batch
from jgan.dissect._sample import Sample
from jgan.dissect.causes._tail import (
    check_units,
    concept_number,
    images_from,
)
from jgan.gan import Gan
from jgan.segment import Segmenter


class AblationCurve(NamedTuple):
    """Pixels of a concept with the first 0, 1, 2, … units of an order turned off.

    Attributes:
        counts: How many units are off.
        pixels: Pixels that show the concept.
        others: Of the pixels that showed something else before, how many show
            something else than they did, the concept included.
        rest: Pixels that showed something else before.
    """

    counts: Int[np.ndarray, " point"]
    pixels: Int[np.ndarray, " point"]
    others: Int[np.ndarray, " point"]
    rest: int

    @property
    def removed(self) -> Float[np.ndarray, " point"]:
        """Share of the concept's pixels that are gone, not a number if it had none."""
        before = self.pixels[0]
        if not before:
            return np.full(len(self.pixels), np.nan)
        return 1 - self.pixels / before

    @property
    def disturbed(self) -> Float[np.ndarray, " point"]:
        """Share of the other pixels that changed their label."""
        return self.others / max(self.rest, 1)


def ablation_curve(
    gan: Gan,
    layer: str,
    order: Sequence[int],
    *,
    concept: str,
    segmenter: Segmenter,
    counts: Sequence[int] = tuple(range(31)),
    sample: Sample,
) -> AblationCurve:
    """Returns what is left of a concept as units are set to zero in all of the image.

    Args:
        gan: The generator.
        layer: Where, a name of ``gan.layers``.
        order: Units, the first to go first.
        concept: Which.
        segmenter: Tells what pixels show.
        counts: How many units to turn off at each point of the curve; begins with 0.
        sample: The images.

    Raises:
        ValueError: If there is no such layer, unit or concept, a unit comes twice, the
            counts do not begin with 0 or go beyond the order, an activation or an image
            is not finite, or labels have a wrong shape or type or name no concept.
    """
    check_units(gan, layer, order)
    number, segmenter = concept_number(segmenter, concept), stats.as_pytree(segmenter)
    units = gan.layers[layer].units
    if len({*order}) != len(order):
        raise ValueError(
            f"Units {list(order)} of {layer}: give each once, as it goes off once."
        )
    if not len(counts) or counts[0] != 0 or max(counts) > len(order):
        raise ValueError(
            f"counts {list(counts)} must begin with 0 and go to {len(order)} at most, "
            "as many as there are units in the order."
        )
    kept = np.ones((len(counts), units), np.float32)
    for point, count in enumerate(counts):
        kept[point, list(order[:count])] = 0.0
    empty = _Curve.zero(kept, number)
    # The edit's own pass: the generator runs to the layer once, then from it.
    found = _collect_tails(gan, layer, segmenter, empty, sample)
    pixels, others = (np.asarray(x, np.int64) for x in (found.pixels, found.others))
    return AblationCurve(np.asarray(counts), pixels, others, int(found.rest))


class _Curve(NamedTuple):
    kept: Float[Array, "point unit"]
    pixels: Int[Array, " point"]
    others: Int[Array, " point"]
    rest: Int[Array, ""]
    concept: Int[Array, ""]

    @staticmethod
    def zero(kept: Any, concept: int) -> "_Curve":
        zeros = jnp.zeros((len(kept),), jnp.int32)
        return _Curve(jnp.asarray(kept), zeros, zeros, jnp.int32(0), jnp.int32(concept))


class _Checks(NamedTuple):
    finite: Finite
    labels: Int[Array, "2"]


def _collect_tails(
    gan: Gan, layer: str, segmenter: Segmenter, curve: _Curve, sample: Sample
) -> _Curve:
    total = jax.tree.map(np.asarray, curve)
    size = sample.batch_size
    num_batches = -(-sample.num_images // size)
    for batch in range(num_batches):
        start = batch * size
        one, checks = jax.device_get(
            _ablate_batch(
                gan, segmenter, curve, start, sample.num_images, sample.key, layer, size
            )
        )
        check_batch(layer, checks.finite, batch=batch)
        stats.check_labels(segmenter, *checks.labels.tolist())
        total = total._replace(
            pixels=total.pixels + one.pixels.astype(np.int64),
            others=total.others + one.others.astype(np.int64),
            rest=total.rest + np.int64(one.rest),
        )
        sample.progress("ablating", min(1.0, (start + size) / sample.num_images))
    return total


@functools.partial(jax.jit, static_argnames=("layer", "size"))
def _ablate_batch(gan, segmenter, curve, start, num_images, key, layer, size):
    latents = gan.sample_latents(size, start=start, key=key)
    counts = (start + jnp.arange(size) < num_images)[:, None, None]
    _, taps = gan.forward(gan.params, latents, None)
    activation = taps[layer]

    def labels_with(kept):
        edited = activation * kept.astype(activation.dtype)[None, None, None, :]
        images = images_from(gan, layer, latents, edited)
        labels = stats.labels_of(segmenter, images)
        ends = jnp.stack([labels.min(), labels.max()])
        return labels, _Checks(are_finite(activation, images), ends)

    shows = lambda labels: (labels == curve.concept).any(axis=-1)
    before, _ = labels_with(jnp.ones_like(curve.kept[0]))
    other = counts & ~shows(before)

    def point(kept):
        labels, checks = labels_with(kept)
        pixels = (counts & shows(labels)).sum(dtype=jnp.int32)
        changed = (labels != before).any(axis=-1)
        return pixels, (other & changed).sum(dtype=jnp.int32), checks

    # One point at a time: all at once would hold the images of every point.
    pixels, others, (finite, ends) = jax.lax.map(point, curve.kept)
    finite = jax.tree.map(jnp.all, finite)
    rest = other.sum(dtype=jnp.int32)
    found = curve._replace(pixels=pixels, others=others, rest=rest)
    return found, _Checks(finite, jnp.stack([ends[:, 0].min(), ends[:, 1].max()]))
