"""Whether edits change what they are for and nothing else.

The attribute-leakage matrix of Oldfield et al. (2021): how much each edit changes each
attribute. Each attribute is measured in units of its own, so that columns are divided
by their largest entry before anything is compared.
"""

import numpy as np
from jaxtyping import ArrayLike, Float


def leakage(
    before: Float[ArrayLike, "image attribute"],
    after: Float[ArrayLike, "edit image attribute"],
) -> Float[np.ndarray, "edit attribute"]:
    """Returns how much each edit changes each attribute: the mean absolute change.

    Args:
        before: Attributes of the images, NaN where one cannot be read.
        after: Of the edited images. An image of which something cannot be read, before
            or after any edit, is left out, as originally.

    Raises:
        ValueError: If no image is left.
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    readable = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=(0, 2))
    if not readable.any():
        raise ValueError(
            f"Of none of {len(before)} images all attributes can be read, before and "
            f"after {len(after)} edits. Edit less, or take more images."
        )
    return np.abs(after - before[None])[:, readable].mean(axis=1)


def mean_off_diagonal(
    matrix: Float[ArrayLike, "edit attribute"], *, compat: int | None = None
) -> float:
    """Returns how much edits change what they are not for, from 0 to 1: MOD.

    The mean of the entries beside the diagonal, each divided by the largest of its
    column. 0 changes nothing else; 1 changes all alike. Lower is better.

    Args:
        matrix: From `leakage`: edit `i` is the one for attribute `i`.
        compat: Number of images, to have the figures that were published: there, the
            matrix was summed up from an identity instead of zeros, which adds 1 over
            this to the diagonal.

    Raises:
        ValueError: If the matrix is not square or of one edit, or an attribute is
            changed by none.
    """
    matrix = np.asarray(matrix, np.float64)
    size = len(matrix)
    if matrix.shape != (size, size) or size < 2:
        raise ValueError(
            f"The matrix has shape {matrix.shape}; give one row for each of two or "
            "more attributes, of the edit that is for it."
        )
    if compat is not None:
        matrix = matrix + np.eye(size) / compat
    largest = matrix.max(axis=0)
    if not (largest > 0).all():
        raise ValueError(
            f"No edit changes attribute {int(np.argmin(largest > 0))}: its column has "
            "no positive entry."
        )
    shares = matrix / largest
    return float(shares[~np.eye(size, dtype=bool)].mean())


def separation(
    style: Float[ArrayLike, " edit"], geometry: Float[ArrayLike, " edit"]
) -> float:
    """Returns how far edits change either style or geometry, from 0 to 1.

    The mean over edits of the difference of both changes over their sum. 1 if every
    edit changes one alone, 0 if each changes both alike; an edit that changes neither
    counts as 0. jgan reconstruction: the paper shows it in pictures.

    Args:
        style: Change of color of each edit, in standard deviations over images.
        geometry: Displacement of each edit, in standard deviations over images.

    Raises:
        ValueError: If there is no edit, or a change is negative or NaN.
    """
    style, geometry = np.asarray(style, np.float64), np.asarray(geometry, np.float64)
    changes = np.stack([style, geometry])
    if not changes.size or not (changes >= 0).all():
        raise ValueError(
            f"The changes are {changes.tolist()}; give one of each kind for each edit, "
            "none below 0."
        )
    total = changes.sum(axis=0)
    difference = np.abs(style - geometry)
    return float(np.mean(difference / np.where(total > 0, total, 1.0)))
