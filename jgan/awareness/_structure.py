"""How classes share channels: the channels of a class, overlaps, and similar classes.

All of it is jgan reconstruction: He et al. (2022) show such sets and overlaps and
publish no definition.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import scipy.cluster.hierarchy
import scipy.spatial.distance
from jaxtyping import Bool, Float, Int

from jgan.awareness._scores import Scores, check_ranked

# Scores are float32: below this share of them, a difference is only rounding.
_SAME = 1e-6


def relevant_channels(
    scores: Scores, *, count: int
) -> dict[str, Int[np.ndarray, "class channel"]]:
    """Returns the channels of each class with the highest scores, highest first.

    Args:
        scores: By layer: awareness for the channels that a class uses most, `contrast`
            of it for those that set it apart.
        count: How many of each layer. Of equal ones, the first.

    Raises:
        ValueError: If a layer has fewer channels, or a score is NaN.
    """
    for name, values in scores.items():
        check_ranked(name, values)
        if not 1 <= count <= values.shape[1]:
            raise ValueError(
                f"count is {count}, and {name} has {values.shape[1]} channels; give 1 "
                f"to {values.shape[1]}."
            )
    return {
        name: np.argsort(-np.asarray(values), axis=1, kind="stable")[:, :count]
        for name, values in scores.items()
    }


def class_overlap(
    channels: Mapping[str, Int[np.ndarray, "class _channel"]],
) -> Float[np.ndarray, "class other_class"]:
    """Returns the Jaccard index of the channels of every two classes, in [0, 1].

    Channels that both have over those that either has, of all layers together.

    Args:
        channels: By layer, from `relevant_channels`.

    Raises:
        ValueError: If there is no layer.
    """
    if not channels:
        raise ValueError("There is no layer. Give the channels of at least one.")
    sets = np.concatenate([_members(one) for one in channels.values()], axis=1)
    # Counts are whole in float64 too, whose products are a hundred times as fast.
    counts = sets.astype(np.float64)
    both = counts @ counts.T
    sizes = counts.sum(axis=1)
    either = sizes[:, None] + sizes[None, :] - both
    return both / np.maximum(either, 1)


def _members(
    channels: Int[np.ndarray, "class channel"],
) -> Bool[np.ndarray, "class unit"]:
    sets = np.zeros((len(channels), channels.max(initial=0) + 1), bool)
    np.put_along_axis(sets, channels, True, axis=1)
    return sets


class Similarity(NamedTuple):
    """How alike classes are, neighbors together.

    Attributes:
        correlation: Of the scores of every two classes, in the order of the classes.
        order: Classes as a tree of them has its leaves.
    """

    correlation: Float[np.ndarray, "class other_class"]
    order: Int[np.ndarray, " class"]


def class_similarity(scores: Scores) -> Similarity:
    """Returns how alike the channels of every two classes are, and an order for it.

    Pearson's correlation over the channels of all layers, each layer standardized over
    its classes and channels, so that its scale does not count, but its width does. A
    layer of one score is left out. The order is that of the leaves of the
    average-linkage tree, turned so that neighbors are alike (Bar-Joseph et al., 2001).

    Args:
        scores: By layer; `contrast` of awareness tells classes apart best.

    Raises:
        ValueError: If there is no layer, there are fewer than 2 classes, or one is of
            constant scores.
    """
    if not scores:
        raise ValueError("There is no layer. Give the scores of at least one.")
    tables = [_standardized(values) for values in scores.values()]
    table = np.concatenate([t for t in tables if t.any()] or tables, axis=1)
    if len(table) < 2:
        raise ValueError(f"There are {len(table)} classes; similarity takes 2.")
    flat = np.flatnonzero(np.ptp(table, axis=1) <= _SAME)
    if len(flat):
        raise ValueError(
            f"All channels of class {flat[0]} have one score, which correlates with "
            "nothing. Leave the class out."
        )
    correlation = np.corrcoef(table)
    distances = scipy.spatial.distance.squareform(1 - correlation, checks=False)
    tree = scipy.cluster.hierarchy.linkage(
        np.maximum(distances, 0), "average", optimal_ordering=True
    )
    return Similarity(correlation, scipy.cluster.hierarchy.leaves_list(tree))


def _standardized(
    values: Float[np.ndarray, "class unit"],
) -> Float[np.ndarray, "class unit"]:
    values = np.asarray(values, np.float64)
    deviation = values.std()
    if deviation <= _SAME * np.abs(values).max(initial=0.0):
        return np.zeros_like(values)
    return (values - values.mean()) / deviation
