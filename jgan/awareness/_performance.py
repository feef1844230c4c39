"""Does a class that uses more of its channels look better, or vary less?

He et al. (2022) report that classes of high total awareness have high quality and low
diversity, and publish neither the sum nor a coefficient: jgan reconstruction.
"""

from typing import NamedTuple

import jax
import numpy as np
import scipy.stats
from jaxtyping import Float, PRNGKeyArray

from jgan.awareness._scores import Scores

# Shares of resamples below and above the interval.
_TAILS = (0.025, 0.975)


def total_awareness(
    awareness: Scores,
) -> Float[np.ndarray, " class"]:
    """Returns the sum over all layers and channels, for each class.

    Args:
        awareness: By layer, from `channel_awareness`.

    Raises:
        ValueError: If there is no layer.
    """
    if not awareness:
        raise ValueError(
            "There is no layer to sum. Give the awareness of at least one."
        )
    tables = [np.asarray(table, np.float64) for table in awareness.values()]
    return np.sum([table.sum(axis=1) for table in tables], axis=0)


class Correlation(NamedTuple):
    """How two figures go together over classes, with 95 % intervals.

    Attributes:
        pearson: Of the numbers; NaN where one does not vary.
        pearson_interval: Percentiles over classes drawn anew.
        spearman: Of their ranks.
        spearman_interval: Percentiles, too.
    """

    pearson: float
    pearson_interval: tuple[float, float]
    spearman: float
    spearman_interval: tuple[float, float]


def correlate(
    total: Float[np.ndarray, " class"],
    values: Float[np.ndarray, " class_of_value"],
    *,
    num_resamples: int = 10_000,
    key: PRNGKeyArray,
) -> Correlation:
    """Returns the correlations of total awareness with a figure of each class.

    Of few classes the interval is wide, and that is what it says: with eight, a
    coefficient below 0.7 is not told from none.

    Args:
        total: From `total_awareness`.
        values: Of the same classes.
        num_resamples: For the intervals (percentile bootstrap; Efron, 1979). Those in
            which a figure does not vary are left out.
        key: Consumed whole.

    Raises:
        ValueError: If there are not as many values as classes, fewer than three, or one
            is not finite.
    """
    pair = [np.asarray(x, np.float64) for x in (total, values)]
    if pair[0].shape != pair[1].shape or pair[0].ndim != 1 or len(pair[0]) < 3:
        raise ValueError(
            f"There are totals of shape {pair[0].shape} and values of {pair[1].shape}; "
            "give one of each for at least three classes."
        )
    wrong = np.flatnonzero(~np.isfinite(pair).all(axis=0)).tolist()
    if wrong:
        first = wrong[0]
        raise ValueError(
            f"At position {first} the total is {pair[0][first]:g} and the value "
            f"{pair[1][first]:g}. Leave the classes at {wrong} out of both."
        )
    if num_resamples < 1:
        raise ValueError(f"num_resamples is {num_resamples}; it takes at least 1.")
    size = len(pair[0])
    draws = np.asarray(jax.random.randint(key, (num_resamples, size), 0, size))
    found = []
    for change in (lambda x: x, lambda x: scipy.stats.rankdata(x, axis=-1)):
        (whole,) = _pearson(*(change(x)[None] for x in pair))
        # Of a resample, ranks are taken anew.
        resampled = _pearson(*(change(x[draws]) for x in pair))
        some = resampled[np.isfinite(resampled)]
        interval = np.quantile(some, _TAILS) if some.size else np.full(2, np.nan)
        found += [float(whole), (float(interval[0]), float(interval[1]))]
    return Correlation(*found)


def _pearson(
    a: Float[np.ndarray, "sample class"], b: Float[np.ndarray, "sample class"]
) -> Float[np.ndarray, " sample"]:
    """Returns a coefficient for each sample, NaN where one is constant."""
    constant = (np.ptp(a, axis=1) == 0) | (np.ptp(b, axis=1) == 0)
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (a, b))
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    products = (a * b).sum(axis=1)
    return np.where(constant, np.nan, products / np.where(constant, 1, scale))
