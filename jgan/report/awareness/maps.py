"""Tables of numbers as one picture each, however many classes there are."""

import numpy as np
from jaxtyping import Float, Int, UInt8

# Of the page's light theme; what is 0 is clear, so that both themes read well.
_ABOVE = np.array([217, 72, 15], np.uint8)
_BELOW = np.array([25, 113, 194], np.uint8)
# About as wide as the page, and as high as a screen; large tables have a pixel a cell.
_WIDTH, _HEIGHT = 1100, 800
# Beyond these, names beside the rows would be unreadable.
MOST_NAMED = 40

# Of parts of an image; the largest first. Told apart without color, too.
_PARTS = np.array(
    [[38, 70, 120], [240, 185, 70], [70, 150, 110], [220, 235, 245], [190, 70, 60]],
    np.uint8,
)


def heat_map(
    values: Float[np.ndarray, "row col"], *, largest: float, row: int
) -> UInt8[np.ndarray, "row_out col_out 4"]:
    """Returns a picture of a table: orange above 0, blue below.

    Args:
        values: The table.
        largest: Where the color is full.
        row: Most pixels a row may have.
    """
    high = max(1, min(row, _HEIGHT // len(values)))
    wide = max(1, _WIDTH // values.shape[1])
    return _colored(values, largest).repeat(high, axis=0).repeat(wide, axis=1)


def square_map(
    values: Float[np.ndarray, "row row"],
) -> UInt8[np.ndarray, "row_out row_out 4"]:
    """Returns a picture of correlations, whose cells are square."""
    side = max(1, _HEIGHT // len(values))
    return _colored(values, 1.0).repeat(side, axis=0).repeat(side, axis=1)


def _colored(
    values: Float[np.ndarray, "row col"], largest: float
) -> UInt8[np.ndarray, "row col 4"]:
    color = np.where((values > 0)[..., None], _ABOVE, _BELOW)
    strength = np.clip(np.abs(values) / largest, 0, 1)
    return np.dstack([color, np.rint(255 * strength).astype(np.uint8)])


def grouped_channels(
    contrast: Float[np.ndarray, "class unit"],
) -> Int[np.ndarray, " unit"]:
    """Returns the channels by the class they set apart most, the most so first.

    Args:
        contrast: Classes in the order of the picture, in which a diagonal shows then.
    """
    return np.lexsort((-contrast.max(axis=0), contrast.argmax(axis=0)))


def painted_parts(
    labels: Int[np.ndarray, "row col"],
) -> UInt8[np.ndarray, "row col 3"]:
    """Returns each part in a color of its own."""
    return _PARTS[labels]
