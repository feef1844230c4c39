"""A picture of a traversal."""

import numpy as np
from jaxtyping import ArrayLike, Float, UInt8

from jgan import images


def traversal_sheet(
    traversed: Float[ArrayLike, "direction strength image row col 3"],
) -> UInt8[np.ndarray, "row_out col_out 3"]:
    """Returns one picture: a column for each strength, and rows of directions.

    Of several images, those of one direction are below each other.

    Args:
        traversed: Images in [-1, 1], as `traverse` gives them.

    Raises:
        ValueError: If there are none, or one is NaN.
    """
    rows = np.asarray(traversed).swapaxes(1, 2)
    shown = images.to_uint8(rows.reshape(-1, *rows.shape[3:]))
    return images.grid(shown, cols=rows.shape[2])
