"""Which units of a generator draw which concepts (Bau et al., 2019, section 3.1)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import stats
from jgan.dissect._layer import LayerDissection
from jgan.dissect._sample import Sample
from jgan.gan import Gan
from jgan.segment import Segmenter


def dissect(
    gan: Gan,
    thresholds: Mapping[str, Float[np.ndarray, " _unit"]],
    *,
    segmenter: Segmenter,
    categories: Sequence[int] | None = None,
    num_top: int = 12,
    sample: Sample,
) -> dict[str, LayerDissection]:
    """Returns what every unit of some layers overlaps with, in one pass over images.

    Args:
        gan: The generator.
        thresholds: By layer, the level above which each unit is active, from
            `quantile_thresholds` or `iqr_thresholds` on a sample of its own.
        segmenter: Tells what each pixel of an image shows.
        categories: Of each concept, whole numbers from 0: a unit is compared with a
            concept in the images that show its category. None for a single category.
        num_top: Images to remember for each unit.
        sample: The images.

    Raises:
        ValueError: If a layer does not exist, thresholds are not one for each unit, the
            segmenter does not keep its contract or has no concepts, or `stats.collect`
            refuses.
    """
    stats.check_layers(gan, tuple(thresholds))
    concepts = stats.check_concepts(segmenter)
    empty = {}
    for name, levels in thresholds.items():
        units = gan.layers[name].units
        if np.shape(levels) != (units,):
            raise ValueError(
                f"{name} has {units} units and thresholds of shape {np.shape(levels)}; "
                "give one for each unit."
            )
        overlap = stats.zero_overlap(
            np.asarray(levels), num_concepts=len(concepts), categories=categories
        )
        top = stats.zero_top(units, num_images=num_top)
        empty[name] = _Found(overlap, stats.OthersLabels(overlap), top)
    found = sample.collect(
        gan, empty, doing="comparing units and concepts", segmenter=segmenter
    )
    return {
        name: LayerDissection(
            layer=name,
            concepts=concepts,
            overlap=one.overlap,
            chance=one.chance.inner,
            top=one.top,
        )
        for name, one in found.items()
    }


class _Found(NamedTuple):
    overlap: stats.Overlap
    chance: stats.OthersLabels
    top: stats.TopImages

    def update(self, seen: stats.Seen) -> "_Found":
        return _Found(
            self.overlap.update(seen), self.chance.update(seen), self.top.update(seen)
        )

    def merge(self, other: "_Found") -> "_Found":
        return _Found(
            self.overlap.merge(other.overlap),
            self.chance.merge(other.chance),
            self.top.merge(other.top),
        )


def randomized(gan: Gan, *, key: PRNGKeyArray) -> Gan:
    """Returns the generator with the entries of each parameter array shuffled.

    A control that keeps the architecture and the size of every weight and has learned
    nothing: what a dissection names there is no finding (jgan reconstruction; the
    published control is a network before training, which a checkpoint does not hold).

    Args:
        gan: The generator.
        key: Consumed whole.
    """
    leaves, tree = jax.tree.flatten(gan.params)
    keys = jax.random.split(key, len(leaves))
    shuffle = lambda key, leaf: jax.random.permutation(key, leaf.ravel()).reshape(
        leaf.shape
    )
    params = [shuffle(k, leaf) for k, leaf in zip(keys, leaves, strict=True)]
    return dataclasses.replace(
        gan, name=f"{gan.name}, shuffled", params=jax.tree.unflatten(tree, params)
    )
