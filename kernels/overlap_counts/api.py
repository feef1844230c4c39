"""Choice between the implementations of `overlap_counts`."""

import functools
from typing import Literal

import jax
from jaxtyping import Array, Float, Int

from . import active_cells, fused, reference
from .reference import OverlapCounts

Implementation = Literal["dense", "active_cells", "fused"]
_IMPLEMENTATIONS = {
    "dense": reference.overlap_counts,
    "active_cells": active_cells.overlap_counts,
    "fused": fused.overlap_counts,
}


def overlap_counts(
    activation: Float[Array, "image row col unit"],
    thresholds: Float[Array, " unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
    implementation: Implementation | None = None,
) -> OverlapCounts:
    """Returns the pixels that each unit shares with each concept, and those it has.

    Activations are enlarged to the size of the labels, bilinear with half-pixel
    centers, and a unit has the pixels strictly above its threshold. Exact where float32
    is: two implementations may differ in pixels within rounding of a threshold.

    Args:
        activation: Of any float dtype; compared in float32.
        thresholds: Of each unit; infinite for a unit that is never to count.
        labels: Concepts of each pixel, an index each, all different; a label outside
            ``range(num_concepts)``, such as -1, is no concept. No labels at all leave
            an image out of `both`.
        num_concepts: How many there are. A batch must have fewer than 2**31 pixels.
        implementation: ``"dense"`` enlarges every map, a product of matrices for each
            image. ``"active_cells"`` looks only where a map can be above its threshold.
            ``"fused"`` is a kernel for TPU that enlarges on the chip. None takes the
            fastest for the platform that the program is compiled for, and the sizes.
    """
    counts = {
        name: functools.partial(count, num_concepts=num_concepts)
        for name, count in _IMPLEMENTATIONS.items()
    }
    if implementation is not None:
        return counts[implementation](activation, thresholds, labels)
    same_size = activation.shape[1:3] == labels.shape[1:3]
    on_chip = fused.fits(activation, labels, num_concepts=num_concepts)
    # Not the default backend: a program may be compiled ahead of time for another.
    return jax.lax.platform_dependent(
        activation,
        thresholds,
        labels,
        cpu=counts["dense" if same_size else "active_cells"],
        tpu=counts["fused" if on_chip else "dense"],
        default=counts["dense"],
    )
