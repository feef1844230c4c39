"""What some concepts lose without their units, and which grounds accept them."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray, UInt8

from jgan import dissect, images as pictures, stats
from jgan.dissect import causes
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.report.dissection.units import Progress
from jgan.segment import ScoringSegmenter, Segmenter
from jgan.taps import ablate, unit_mask

# As many as the published curves go to. Large layers go to their share below, in no
# more points: each runs the later layers once.
_MOST_UNITS = 30
# Curves and insertion run the later layers a hundred times for each image.
_MOST_MEASURED = 128
# A search for places runs them seven times, so it may see more images. It keeps one in
# eight, the published share, by which a place shows the concept or readily would.
_MOST_SEARCHED = 512
_SEARCHED_PER_SITE = 8
# The optimization draws as many of each kind for a step.
_LEAST_SITES = 20
# A tenth of the published number: two cores take seconds a step where many layers
# follow. Weights begin with IoU, and 50 steps of 0.01 reorder them.
_STEPS = 50
# The published share: 20 of the 512 units of its layer are 4 %, and small layers hold
# fewer spare units.
SHARE_OFF = 0.2
_SHOWN = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConceptCauses:
    """What units of one layer do for one concept.

    Attributes:
        concept: Name.
        layer: Name.
        units: Those turned off for the pictures, the most important first.
        curves: What is left as more units are off, by what they are ordered by.
        effect: Of `units`, on other places than those they were found on; None if the
            segmenter gives no scores, or places of one kind were not found.
        context: By the concept at the place, what inserting them does there; None as
            above.
        before: Images with most of the concept.
        after: The same without `units`.
    """

    concept: str
    layer: str
    units: tuple[int, ...]
    curves: Mapping[str, causes.AblationCurve]
    effect: causes.SetEffect | None
    context: causes.ContextEffect | None
    before: UInt8[np.ndarray, "image row col 3"]
    after: UInt8[np.ndarray, "image row col 3"]


def concept_causes(
    gan: Gan,
    one: dissect.LayerDissection,
    concept: str,
    *,
    segmenter: Segmenter,
    num_images: int,
    progress: Progress,
    key: PRNGKeyArray,
) -> ConceptCauses:
    """Returns what the units of a layer do for a concept.

    Args:
        gan: The generator.
        one: The dissection of the layer.
        concept: Which.
        segmenter: Tells what pixels show; without scores, or places where the concept
            is and where it could be, units are ordered by IoU instead of effect.
        num_images: To search for places, and to measure on, at most.
        progress: Called with what is being done and the share of the whole.
        key: Decides the images.
    """
    search_key, step_key, test_key, measure_key, random_key = jax.random.split(key, 5)
    scored = isinstance(segmenter, ScoringSegmenter)
    # Two searches of two passes each, one insertion, and a curve for each order.
    report = _Passes(progress, concept, total=8)
    searched = dissect.Sample(
        num_images=min(num_images, _MOST_SEARCHED),
        batch_size=images_that_fit(gan),
        key=measure_key,
        progress=report,
    )
    measured = dataclasses.replace(searched, num_images=min(num_images, _MOST_MEASURED))
    asked = {"concept": concept, "segmenter": segmenter}
    layer, iou_order = one.layer, one.ranking(concept)
    num_units = len(iou_order)
    shuffled = jax.random.permutation(random_key, num_units).tolist()
    orders = {"IoU": iou_order, "random": shuffled}
    count = max(1, round(SHARE_OFF * num_units))
    effect = context = None
    keys = (search_key, test_key)
    sites = _find_sites(gan, layer, searched, keys, asked) if scored else None
    if sites is None:
        # Two curves.
        report.only(2)
    else:
        found_on, fresh = sites
        start = one.iou[:, one.concepts.index(concept)]
        found = causes.optimize_effect(
            gan,
            layer,
            found_on,
            start / max(start.max(), 1e-9),
            num_steps=_STEPS,
            key=step_key,
            **asked,
        )
        orders = {"effect": found.ranking, **orders}
        units = found.ranking[:count]
        effect = causes.set_effect(gan, layer, fresh, units, **asked)
        context = causes.insertion_by_context(
            gan, layer, units, np.asarray(found_on.value), sample=measured, **asked
        )
    units = next(iter(orders.values()))[:count]
    most = min(num_units, max(_MOST_UNITS, count))
    points = np.linspace(0, most, 1 + min(most, _MOST_UNITS)).round().astype(int)
    curves = {
        name: causes.ablation_curve(
            gan, layer, order, counts=points.tolist(), sample=measured, **asked
        )
        for name, order in orders.items()
    }
    before, after = _without(gan, layer, units, segmenter, concept, measured)
    return ConceptCauses(
        concept=concept,
        layer=layer,
        units=tuple(units),
        curves=curves,
        effect=effect,
        context=context,
        before=before,
        after=after,
    )


def _find_sites(
    gan: Gan,
    layer: str,
    searched: dissect.Sample,
    keys: tuple[PRNGKeyArray, PRNGKeyArray],
    asked: Mapping[str, Any],
) -> tuple[causes.Sites, causes.Sites] | None:
    """Returns places to find units on and fresh ones; None if some kind lacks."""
    share = searched.num_images // _SEARCHED_PER_SITE
    num_sites = min(searched.num_images, max(_LEAST_SITES, share))
    find = lambda key: causes.find_sites(
        gan,
        layer,
        num_sites=num_sites,
        sample=dataclasses.replace(searched, key=key),
        **asked,
    )
    try:
        return find(keys[0]), find(keys[1])
    except causes.NoSitesError:
        # One concept that is in none of the images, or everywhere in them, is no reason
        # to lose the page of the others.
        return None


class _Passes:
    """Progress over several passes, each of which ends with a share of 1."""

    def __init__(self, progress: Progress, concept: str, total: int) -> None:
        self._progress, self._concept, self._total = progress, concept, total
        self._done = 0

    def only(self, more: int) -> None:
        """Leaves a number of passes to come."""
        self._total = self._done + more

    def __call__(self, doing: str, share: float) -> None:
        """Reports the share of the pass that is done."""
        whole = (self._done + share) / self._total
        self._progress(f"{self._concept}: {doing}", whole)
        self._done += share == 1.0


def _without(gan, layer, units, segmenter, concept, sample):
    """Returns the images that show most of a concept, and the same without units."""
    number = segmenter.concepts.index(concept)
    mask = unit_mask(list(units), num_units=gan.layers[layer].units)
    seen_by = stats.as_pytree(segmenter)
    best: list[tuple[int, int, Any, Any]] = []
    size = sample.batch_size
    for start in range(0, sample.num_images, size):
        before, after, shown = jax.device_get(
            _look(gan, seen_by, mask, jnp.int32(start), number, sample.key, layer, size)
        )
        inside = min(size, sample.num_images - start)
        best += [
            (-int(shown[i]), start + i, before[i], after[i]) for i in range(inside)
        ]
        best = sorted(best, key=lambda entry: entry[:2])[:_SHOWN]
    return tuple(
        pictures.to_uint8(np.stack(x)) for x in list(zip(*best, strict=True))[2:]
    )


@functools.partial(jax.jit, static_argnames=("layer", "size"))
def _look(gan, segmenter, mask, start, number, key, layer, size):
    latents = gan.sample_latents(size, start=start, key=key)
    before, _ = gan.forward(gan.params, latents, None)
    after, _ = gan.forward(gan.params, latents, {layer: ablate(mask)})
    labels = segmenter.segment(jnp.clip(before, -1, 1))
    shows = labels.reshape(*labels.shape[:3], -1) == number
    return before, after, shows.any(axis=-1).sum(axis=(1, 2))
