"""Units beside concepts, in a generator and in its control."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import dissect
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.segment import Segmenter

Method = Literal["quantile", "iqr"]
Progress = Callable[[str, float], None]

# What each pass over the images is called, in their order.
_PASSES = {
    "quantile": ("measuring units", "refining thresholds"),
    "iqr": ("measuring units", "searching thresholds"),
}
_LAST = "comparing units and concepts"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Units:
    """What a dissection of some layers found.

    Attributes:
        thresholds: Of each unit, by layer.
        layers: Overlaps, by layer.
        key: Of the images that were compared.
    """

    thresholds: Mapping[str, Float[np.ndarray, " _unit"]]
    layers: Mapping[str, dissect.LayerDissection]
    key: PRNGKeyArray


def find_units(
    gan: Gan,
    layers: Sequence[str],
    *,
    segmenter: Segmenter,
    method: Method,
    num_images: int,
    resume: pathlib.Path,
    progress: Progress,
    key: PRNGKeyArray,
) -> Units:
    """Returns the units of some layers beside the concepts of a segmenter.

    Args:
        gan: The generator.
        layers: Which.
        segmenter: Tells what pixels show.
        method: How thresholds are found, on images of their own.
        num_images: Of each of the two sets.
        resume: A folder that keeps the passes that are done.
        progress: Called with what is being done and the share of the whole.
        key: Decides the images.
    """
    names = (*_PASSES[method], _LAST)
    threshold_key, key = jax.random.split(key)
    sample = dissect.Sample(
        num_images=num_images,
        # Labels of another image are taken from the same batch.
        batch_size=max(2, images_that_fit(gan)),
        key=threshold_key,
        resume=resume,
        progress=lambda doing, share: progress(
            doing, (names.index(doing) + share) / len(names)
        ),
    )
    if method == "quantile":
        thresholds = dissect.quantile_thresholds(gan, layers, sample=sample)
    else:
        told = dissect.iqr_thresholds(gan, layers, segmenter=segmenter, sample=sample)
        thresholds = {name: told[name].thresholds for name in layers}
    found = dissect.dissect(
        gan,
        thresholds,
        segmenter=segmenter,
        sample=dataclasses.replace(sample, key=key),
    )
    return Units(thresholds=thresholds, layers=found, key=key)


def best_layer(layers: Mapping[str, dissect.LayerDissection]) -> str:
    """Returns the layer that names most concepts; of equal ones, most units."""

    def rank(name: str) -> tuple[int, int]:
        one = layers[name]
        return len({*one.best_concepts[one.named].tolist()}), int(one.named.sum())

    return max(layers, key=rank)


def best_concepts(one: dissect.LayerDissection, most: int) -> tuple[str, ...]:
    """Returns the concepts with most units of a layer; of equal ones, higher IoU."""
    scores = {
        concept: (len(units), float(one.iou[units[0], number]))
        for number, concept in enumerate(one.concepts)
        if (units := one.units_of(concept))
    }
    return tuple(sorted(scores, key=lambda name: scores[name], reverse=True)[:most])
