"""Choice between the implementations of `overlap_counts`."""

from typing import Literal

import jax
from jaxtyping import Array, Float, Int

from . import active_cells, reference
from .reference import OverlapCounts

Implementation = Literal["dense", "active_cells"]


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
            None takes the faster for the backend and the sizes.
    """
    if implementation is None:
        same_size = activation.shape[1:3] == labels.shape[1:3]
        cells = jax.default_backend() == "cpu" and not same_size
        implementation = "active_cells" if cells else "dense"
    count = active_cells if implementation == "active_cells" else reference
    return count.overlap_counts(
        activation, thresholds, labels, num_concepts=num_concepts
    )
