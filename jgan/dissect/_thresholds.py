"""The level above which a unit counts as active: a quantile, or the most telling one.

Both look at a sample of their own, so that no threshold is fitted to the images that
are counted afterwards.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jgan import stats
from jgan.dissect._sample import Sample
from jgan.gan import Gan
from jgan.segment import Segmenter

# The search of the original code: this many fractions, evenly spaced in the logarithm.
NUM_FRACTIONS = 100
_SMALLEST_FRACTION = 1e-3
# A concept on fewer pixels says too little about a level.
_LEAST_SHARE = 1e-3
# A unit and its concept are to agree on most pixels, for a unit that is never active
# where the concept is carries information too.
_LEAST_AGREEMENT = 0.8


def quantile_thresholds(
    gan: Gan, layers: Sequence[str], *, fraction: float = 0.005, sample: Sample
) -> dict[str, Float[np.ndarray, " _unit"]]:
    """Returns the exact quantile of every unit that leaves a fraction of pixels above.

    Of the activations as they are, not enlarged (Bau et al., 2017). Takes two passes.

    Args:
        gan: The generator.
        layers: Names from ``gan.layers``.
        fraction: Share of the pixels above, in (0, 1). A unit that is zero more often
            than it leaves has threshold 0.
        sample: The images.

    Raises:
        ValueError: If the fraction is not in (0, 1), or `stats.collect` refuses.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction is {fraction}; give a number between 0 and 1.")
    stats.check_layers(gan, layers)
    levels = (1 - fraction,)
    empty = {name: stats.zero_quantiles(gan.layers[name].units) for name in layers}
    first = sample.collect(gan, empty, doing="measuring units")
    refined = {name: first[name].refine(levels) for name in layers}
    second = sample.collect(gan, refined, doing="refining thresholds")
    return {name: first[name].exact(levels, second[name])[0] for name in layers}


class IqrThresholds(NamedTuple):
    """Thresholds of one layer, and what they tell most about.

    Attributes:
        thresholds: Of each unit; infinite where no concept is told by any level.
        concepts: Which concept each threshold tells most about, -1 for none.
        quality: Information quality ratio there.
        buckets: Which of the fractions gave the threshold, from the smallest.
    """

    thresholds: Float[np.ndarray, " unit"]
    concepts: Int[np.ndarray, " unit"]
    quality: Float[np.ndarray, " unit"]
    buckets: Int[np.ndarray, " unit"]


def fractions() -> Float[np.ndarray, " level"]:
    """Returns the fractions of pixels above a level that are tried, ascending."""
    return np.logspace(np.log10(_SMALLEST_FRACTION), 0, NUM_FRACTIONS)


def iqr_thresholds(
    gan: Gan,
    layers: Sequence[str],
    *,
    segmenter: Segmenter,
    categories: Sequence[int] | None = None,
    compat: bool = False,
    sample: Sample,
) -> dict[str, IqrThresholds]:
    """Returns the thresholds of the highest information quality ratio (IQR).

    Mutual information of "above the threshold" and "shows the concept", over their
    joint entropy, maximized over concepts and 100 levels between the 0.1 % and all of
    the pixels (Bau et al., 2019, section 3.1 and code). Of activations enlarged to the
    segmentation. Levels are quantiles within `stats.RELATIVE_ERROR`, shares counted.

    All four shares are of the images that show a concept's category. The original mixes
    them with shares of all images, which moves levels of rare categories by up to two
    of the 100; where there is a single category that every image shows, the two are
    one.

    Args:
        gan: The generator.
        layers: Names from ``gan.layers``.
        segmenter: Tells the concepts.
        categories: Of each concept, whole numbers from 0; None for a single category.
        compat: Mixes the shares as the original code does, to repeat its levels.
        sample: The images, others than those to dissect.

    Raises:
        ValueError: If a layer does not exist, the segmenter does not keep its contract
            or has no concepts, or `stats.collect` refuses.
    """
    stats.check_layers(gan, layers)
    num_concepts = len(stats.check_concepts(segmenter))
    histograms = sample.collect(
        gan,
        {
            name: stats.Enlarged(stats.zero_quantiles(gan.layers[name].units))
            for name in layers
        },
        doing="measuring units",
        segmenter=segmenter,
    )
    levels = {
        # Ascending, as the accumulator wants them.
        name: histograms[name].inner.quantiles((1 - fractions())[::-1].tolist()).T
        for name in layers
    }
    counted = sample.collect(
        gan,
        {
            name: stats.zero_levels(
                levels[name], num_concepts=num_concepts, categories=categories
            )
            for name in layers
        },
        doing="searching thresholds",
        segmenter=segmenter,
    )
    return {name: most_telling(counted[name], compat=compat) for name in layers}


def most_telling(counts: stats.LevelCounts, *, compat: bool = False) -> IqrThresholds:
    """Returns the level of each unit that tells most about some concept."""
    quality = iqr_curves(counts, compat=compat)
    units, levels, concepts = quality.shape
    best = quality.reshape(units, -1).argmax(axis=1)
    level, concept = np.divmod(best, concepts)
    highest = quality.reshape(units, -1).max(axis=1)
    told = highest > 0
    chosen = np.asarray(counts.levels)[np.arange(units), level]
    return IqrThresholds(
        thresholds=np.where(told, chosen, np.inf),
        concepts=np.where(told, concept, -1),
        quality=highest,
        buckets=levels - 1 - level,
    )


def iqr_curves(
    counts: stats.LevelCounts, *, compat: bool = False
) -> Float[np.ndarray, "unit level concept"]:
    """Returns the IQR of every level and concept, 0 where it does not count.

    It does not where all pixels are above the level or the level is not above 0, where
    the concept takes less than a thousandth of the pixels, and where unit and concept
    agree on 80 % of the pixels or less.

    Args:
        counts: Of all levels.
        compat: Takes the pixels of a concept as a share of all images, and those of the
            unit as one of the images that show the category, as the original code does.
    """
    both, units = counts.above()
    own = np.asarray(counts.categories)
    pixels = np.maximum(np.asarray(counts.pixels, np.float64), 1)[own]
    everywhere = max(int(counts.all_pixels), 1) if compat else pixels
    shown = np.asarray(counts.shown, np.float64) / everywhere
    joint = both / np.broadcast_to(everywhere, own.shape)[None, None, :]
    active = units[:, :, own] / pixels[None, None, :]
    neither = 1 - (active + shown[None, None, :] - joint)
    quality = stats.quality_ratio(
        joint, active - joint, shown[None, None, :] - joint, neither
    )
    levels = np.asarray(counts.levels)
    counts_level = levels > 0
    counts_level[:, 0] = False
    agree = joint.clip(0, 1) + neither.clip(0, 1) > _LEAST_AGREEMENT
    valid = counts_level[:, :, None] & (shown >= _LEAST_SHARE)[None, None, :] & agree
    return np.where(valid, quality, 0.0)
