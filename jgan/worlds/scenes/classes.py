"""The eight kinds of landscape, the eleven concepts, and what each kind may look like.

A class is a row of ranges: every factor is drawn evenly between its two ends.
"""

from typing import NamedTuple

import numpy as np

CONCEPTS = (
    "sky",
    "ground",
    "water",
    "mountain",
    "sun",
    "cloud",
    "tree",
    "house",
    "roof",
    "door",
    "window",
)
CLASS_NAMES = (
    "village",
    "forest",
    "desert",
    "coast",
    "alps",
    "night",
    "winter",
    "meadow",
)

Range = tuple[float, float]
Color = tuple[float, float, float]


class Look(NamedTuple):
    """What a class may look like. Lengths are parts of the image's side.

    Attributes:
        sky: Two colors; the sky's is drawn between them, channel by channel.
        ground: Two colors.
        brightness: Of everything but what shines: sun, and windows at night.
        horizon: Distance of the ground from the top.
        sun: Chance that it is up.
        clouds: How many clouds, at least and at most.
        trees: How many trees, at least and at most.
        conifers: Whether trees are conifers; else they are round.
        house: Chance of a house.
        water: Chance of water between the ground and what is behind.
        mountain: Chance of mountains.
        mountain_height: Of the higher peak, above the ground or the water.
        snow: How much of the mountains is white.
    """

    sky: tuple[Color, Color]
    ground: tuple[Color, Color]
    brightness: Range = (0.8, 1.0)
    horizon: Range = (0.48, 0.62)
    sun: float = 0.85
    clouds: tuple[int, int] = (0, 3)
    trees: tuple[int, int] = (0, 2)
    conifers: bool = False
    house: float = 0.0
    water: float = 0.0
    mountain: float = 0.3
    mountain_height: Range = (0.12, 0.28)
    snow: float = 0.0


LOOKS = {
    "village": Look(
        sky=((0.36, 0.60, 0.88), (0.56, 0.80, 0.98)),
        ground=((0.36, 0.58, 0.24), (0.46, 0.68, 0.34)),
        trees=(0, 3),
        house=1.0,
    ),
    "forest": Look(
        sky=((0.44, 0.66, 0.78), (0.62, 0.78, 0.88)),
        ground=((0.16, 0.32, 0.12), (0.26, 0.42, 0.18)),
        horizon=(0.46, 0.58),
        trees=(3, 5),
        conifers=True,
    ),
    "desert": Look(
        sky=((0.62, 0.78, 0.92), (0.84, 0.88, 0.98)),
        ground=((0.80, 0.62, 0.32), (0.92, 0.76, 0.46)),
        clouds=(0, 1),
        trees=(0, 1),
        sun=0.95,
        mountain=0.5,
        mountain_height=(0.08, 0.2),
    ),
    "coast": Look(
        sky=((0.34, 0.68, 0.94), (0.52, 0.84, 1.0)),
        ground=((0.82, 0.74, 0.54), (0.92, 0.84, 0.66)),
        horizon=(0.54, 0.66),
        house=0.45,
        water=1.0,
        mountain=0.25,
    ),
    "alps": Look(
        sky=((0.46, 0.60, 0.86), (0.62, 0.74, 0.94)),
        ground=((0.40, 0.50, 0.36), (0.50, 0.60, 0.44)),
        horizon=(0.54, 0.66),
        trees=(0, 3),
        conifers=True,
        house=0.35,
        water=0.3,
        mountain=1.0,
        mountain_height=(0.26, 0.42),
        snow=0.36,
    ),
    "night": Look(
        sky=((0.20, 0.18, 0.56), (0.40, 0.34, 0.86)),
        ground=((0.36, 0.52, 0.38), (0.52, 0.64, 0.54)),
        brightness=(0.32, 0.48),
        clouds=(0, 2),
        sun=0.9,
        house=0.8,
    ),
    "winter": Look(
        sky=((0.68, 0.76, 0.86), (0.82, 0.86, 0.94)),
        ground=((0.90, 0.92, 0.96), (0.97, 0.98, 1.0)),
        trees=(1, 4),
        conifers=True,
        house=0.5,
        mountain=0.5,
        snow=0.7,
    ),
    "meadow": Look(
        sky=((0.40, 0.76, 0.96), (0.58, 0.88, 1.0)),
        ground=((0.50, 0.74, 0.20), (0.64, 0.86, 0.32)),
        trees=(0, 2),
        house=0.3,
        water=0.3,
    ),
}

# One array for each field, a row for each class, to look up under jit.
TABLE = Look._make(
    np.asarray([getattr(LOOKS[name], field) for name in CLASS_NAMES], np.float32)
    for field in Look._fields
)
