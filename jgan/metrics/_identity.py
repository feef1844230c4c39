"""How often a face is taken for the one that it is meant to be."""

from typing import NamedTuple

import numpy as np
import scipy.stats
from jaxtyping import ArrayLike, Float

# Of dlib's embedding: what its author verifies photographs by.
SAME_PERSON = 0.6


class Verification(NamedTuple):
    """How often pairs of faces are taken for one person.

    Attributes:
        rate: Share of pairs.
        low: Lower end of its 95 % interval (Wilson, 1927).
        high: Upper end.
        num_pairs: Pairs that count.
        num_lost: Those of them whose second image shows no face, so that they are not
            taken for one person.
    """

    rate: float
    low: float
    high: float
    num_pairs: int
    num_lost: int


def verification(
    faces: Float[ArrayLike, "image feature"],
    others: Float[ArrayLike, "_image feature"],
    *,
    threshold: float = SAME_PERSON,
) -> Verification:
    """Returns how often face `i` of both is taken for one person's.

    Args:
        faces: Embeddings of the persons who are meant, NaN where no face is found;
            such pairs do not count.
        others: Of the images that are to show them, NaN likewise.
        threshold: A smaller distance is one person.

    Raises:
        ValueError: If shapes differ, or no pair is left.
    """
    faces, others = np.asarray(faces, np.float64), np.asarray(others, np.float64)
    if faces.shape != others.shape:
        raise ValueError(
            f"There are embeddings of shape {faces.shape} and {others.shape}; give as "
            "many of each."
        )
    meant = np.isfinite(faces).all(axis=1)
    if not meant.any():
        raise ValueError(
            f"In none of {len(faces)} images a face is found to compare with."
        )
    faces, others = faces[meant], others[meant]
    lost = ~np.isfinite(others).all(axis=1)
    same = np.linalg.norm(faces - others, axis=1) < threshold
    found = scipy.stats.binomtest(int(same.sum()), len(same))
    interval = found.proportion_ci(method="wilson")
    return Verification(
        rate=float(same.mean()),
        low=float(interval.low),
        high=float(interval.high),
        num_pairs=len(same),
        num_lost=int(lost.sum()),
    )
