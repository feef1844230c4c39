"""How alike two ways to cut an image into parts are, whatever the parts are called."""

import numpy as np
from jaxtyping import ArrayLike, Float, Int, Integer


def adjusted_rand_index(
    labels: Integer[ArrayLike, "image row col"],
    others: Integer[ArrayLike, "image row col"],
) -> Float[np.ndarray, " image"]:
    """Returns the adjusted Rand index of two partitions of each image, float64.

    Of all pairs of pixels, the share that both partitions treat alike, scaled to 1 for
    equal partitions and to 0 for what chance gives parts of these sizes; below 0 is
    less than chance. What parts are called does not matter. Two partitions of one part
    each, or of single pixels each, are equal: 1.

    Hubert & Arabie (1985), "Comparing partitions", equation 5.

    Args:
        labels: Part of each pixel. Any integer is one.
        others: The same of the other partition.

    Raises:
        ValueError: If the shapes differ, an image has fewer than 2 pixels, or a label
            is no integer.
    """
    labels, others = np.asarray(labels), np.asarray(others)
    if labels.shape != others.shape or labels.ndim != 3:
        raise ValueError(
            f"Labels have the shapes {labels.shape} and {others.shape}; give both as "
            "(image, row, col)."
        )
    for one in (labels, others):
        if not np.issubdtype(one.dtype, np.integer):
            raise ValueError(f"Labels are {one.dtype}; give integers.")
    pixels = labels.shape[1] * labels.shape[2]
    if pixels < 2:
        raise ValueError(f"Images have {pixels} pixels; a pair takes 2.")
    pairs = zip(labels.reshape(-1, pixels), others.reshape(-1, pixels), strict=True)
    return np.array([_of_image(one, other) for one, other in pairs], np.float64)


def _of_image(
    labels: Integer[np.ndarray, " pixel"], others: Integer[np.ndarray, " pixel"]
) -> float:
    _, labels = np.unique(labels, return_inverse=True)
    names, others = np.unique(others, return_inverse=True)
    in_both = _pairs_within(labels * len(names) + others)
    in_one, in_other = _pairs_within(labels), _pairs_within(others)
    by_chance = in_one * in_other / (len(labels) * (len(labels) - 1) / 2)
    most = (in_one + in_other) / 2
    return 1.0 if most == by_chance else (in_both - by_chance) / (most - by_chance)


def _pairs_within(labels: Int[np.ndarray, " pixel"]) -> float:
    # Not `bincount`: parts of both have names up to the product of their numbers, of
    # which there are at most as many as pixels.
    _, sizes = np.unique(labels, return_counts=True)
    sizes = sizes.astype(np.float64)
    return float(np.sum(sizes * (sizes - 1) / 2))
