"""Improved precision and recall (Kynkäänniemi et al., 2019), decided exactly.

Each set stands for what is near it: an image is covered by a set if it is at most as
far from one of its images as that one is from its k-th nearest other image of the set.

Distances from one matrix product are fast, but rounded differently from sums of squared
differences, and a tie decides: an image that both sets share is as far from its
neighbors as the radius itself. So the product only tells what is beyond doubt, by a
bound on its rounding; what is within the bound is decided on sums of squared
differences.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Bool, Float, Int

from jgan.metrics._check import check_same_features, checked_features

# Floats in one intermediate array, 32 MB.
_BLOCK_FLOATS = 2**22


class PrecisionRecall(NamedTuple):
    """Shares of images, in [0, 1].

    Attributes:
        precision: Of the generated images, how many the real ones cover: fidelity.
        recall: Of the real images, how many the generated ones cover: variety.
    """

    precision: float
    recall: float


def precision_recall(
    real: Float[ArrayLike, "image_real feature_real"],
    generated: Float[ArrayLike, "image_generated feature_generated"],
    *,
    k: int = 3,
) -> PrecisionRecall:
    """Returns how much of each set lies where the other one does.

    Even a perfect generator stays below 1. Its ceilings are this function of two
    independent sets of real images, as many as are compared.

    Squared distances are float64 sums of squared differences, and equality counts as
    near, so the shares are those of a brute-force comparison of all pairs. No array
    grows with the product of the numbers of images.

    Args:
        real: Features of real images.
        generated: Features of generated images. As many, or the shares are not
            comparable with those of other sets.
        k: Which neighbor of an image sets its radius, 1 for the nearest other image.

    Raises:
        ValueError: If the sets have different features or features that are not finite,
            or one of them does not have more than `k` images.
    """
    real = checked_features(real, called="real")
    generated = checked_features(generated, called="generated")
    check_same_features(real.shape[1], generated.shape[1])
    if not 1 <= k < min(len(real), len(generated)):
        raise ValueError(
            f"k is {k}; it takes at least 1 and more than k images, but there are "
            f"{len(real)} real and {len(generated)} generated ones."
        )
    return PrecisionRecall(
        precision=float(np.mean(_covered(generated, real, _radii(real, k)))),
        recall=float(np.mean(_covered(real, generated, _radii(generated, k)))),
    )


def _radii(
    features: Float[np.ndarray, "image feature"], k: int
) -> Float[np.ndarray, " image"]:
    """Returns the squared distance of each image from its k-th nearest other one."""
    radii = np.empty(len(features))
    for rows, low, high in _bounds(features, features):
        own = np.arange(rows.start, rows.stop)
        # Not a neighbor of itself, though duplicates of it are.
        low[own - rows.start, own] = high[own - rows.start, own] = np.inf
        # k images are at most this far, so no image beyond it is the k-th.
        enough = np.partition(high, k - 1, axis=1)[:, k - 1]
        row, other = np.nonzero(low <= enough[:, None])
        distances = _distances(features, features, rows.start + row, other)
        # `row` ascends: sorted by row and then by distance, the k-th of each follows.
        ranked = distances[np.lexsort((distances, row))]
        radii[rows] = ranked[np.searchsorted(row, own - rows.start) + k - 1]
    return radii


def _covered(
    queries: Float[np.ndarray, "query feature"],
    features: Float[np.ndarray, "image feature"],
    radii: Float[np.ndarray, " image"],
) -> Bool[np.ndarray, " query"]:
    """Returns which queries are within the radius of an image, or on it."""
    covered = np.zeros(len(queries), np.bool_)
    for rows, low, high in _bounds(queries, features):
        surely = np.any(high <= radii[None, :], axis=1)
        row, image = np.nonzero((low <= radii[None, :]) & ~surely[:, None])
        distances = _distances(queries, features, rows.start + row, image)
        surely[row[distances <= radii[image]]] = True
        covered[rows] = surely
    return covered


def _bounds(
    a: Float[np.ndarray, "image_a feature"], b: Float[np.ndarray, "image_b feature"]
) -> Iterator[
    tuple[
        slice,
        Float[np.ndarray, "row image_b"],
        Float[np.ndarray, "row image_b"],
    ]
]:
    """Yields blocks of rows of `a`, and bounds on what `_distances` gives for them."""
    # Near the origin there is less to round.
    center = b.mean(axis=0, keepdims=True)
    a, b = a - center, b - center
    norms_a, norms_b = np.sum(a * a, axis=1), np.sum(b * b, axis=1)
    # A sum of n products is off by at most n eps / 2 times the sum of their magnitudes,
    # in any order of summation (Higham, 2002, section 3.1). That sum is at most twice
    # the norms, for the product and for the squared differences alike; 8 more for
    # centering and for what is done with the sums.
    doubt = 2 * (a.shape[1] + 8) * np.finfo(np.float64).eps
    num_rows = max(1, _BLOCK_FLOATS // len(b))
    for start in range(0, len(a), num_rows):
        rows = slice(start, min(start + num_rows, len(a)))
        norms = norms_a[rows, None] + norms_b[None, :]
        middle = norms - 2 * (a[rows] @ b.T)
        margin = doubt * norms + np.finfo(np.float64).tiny
        yield rows, middle - margin, middle + margin


def _distances(
    a: Float[np.ndarray, "image_a feature"],
    b: Float[np.ndarray, "image_b feature"],
    index_a: Int[np.ndarray, " pair"],
    index_b: Int[np.ndarray, " pair"],
) -> Float[np.ndarray, " pair"]:
    """Returns sums of squared differences of pairs, in blocks."""
    distances = np.empty(len(index_a))
    num_pairs = max(1, _BLOCK_FLOATS // a.shape[1])
    for start in range(0, len(distances), num_pairs):
        part = slice(start, start + num_pairs)
        difference = a[index_a[part]] - b[index_b[part]]
        distances[part] = np.sum(np.square(difference), axis=1)
    return distances
