"""Contours to pixels: a pixel is inside if its center is.

Exact and deterministic, unlike drawing: no contour is widened by a pixel, and the parts
of a mirrored picture are the mirrored parts.
"""

import numpy as np
from jaxtyping import Bool, Float, Int


def winding(
    contour: Float[np.ndarray, "vertex 2"], rows: int, cols: int
) -> Int[np.ndarray, "row col"]:
    """Returns how many times a closed contour turns round the center of each pixel.

    Args:
        contour: Column and row of each vertex in pixels, from the image's upper left
            corner, so that the center of the first pixel is (0.5, 0.5). The last vertex
            is joined to the first.
        rows: Of the image.
        cols: Of the image.
    """
    start, end = contour, np.roll(contour, -1, axis=0)
    center = np.arange(rows) + 0.5
    # Half-open, so that a vertex on a row of centers counts for one of its two edges.
    after_start = start[:, 1, None] <= center
    after_end = end[:, 1, None] <= center
    edges, crossed = np.nonzero(after_start != after_end)
    (x0, y0), (x1, y1) = start[edges].T, end[edges].T
    x = x0 + (center[crossed] - y0) * (x1 - x0) / (y1 - y0)
    # All centers to the right of a crossing are one turn further.
    first = np.clip(np.ceil(x - 0.5), 0, cols).astype(int)
    turns = np.zeros((rows, cols + 1), int)
    direction = np.where(after_end[edges, crossed], 1, -1)
    np.add.at(turns, (crossed, first), direction)
    return turns[:, :-1].cumsum(axis=1)


def inside(
    contours: list[Float[np.ndarray, "_ 2"]], rows: int, cols: int
) -> Bool[np.ndarray, "row col"]:
    """Returns the pixels that the contours together turn round.

    A contour that turns against another cuts a hole. One that folds over itself, as in
    a face seen from the side, leaves none.
    """
    return np.sum([winding(c, rows, cols) for c in contours], axis=0) != 0
