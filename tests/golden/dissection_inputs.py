"""Planted scenes and units for the dissection goldens; NumPy only.

A scene holds a blob of each label that it shows. A segmentation is cut from the blobs,
and most units follow a blob, with noise.
"""

import numpy as np

NUM_IMAGES = 24
SEG_SIZE = 32
# Label 0 is "none". Object 4 has too few pixels for the original's IQR, object 5 too
# few for its conditional quantiles, and material 9 has none.
OBJECTS = (1, 2, 3, 4, 5)
MATERIALS = (6, 7, 8, 9)
_RARE = {4: 0.05, 5: 0.02}  # Label -> radius; shown in one image.
# So wide that the original's guard on agreement comes into play.
_WIDE = OBJECTS[0]
_ABSENT = 9

# Name -> side, slope below zero, and what each unit follows: the blob of a label, its
# negative, the ground that no blob covers, nothing but noise; a dead unit is zero.
LAYERS = {
    "layer4": (4, 0, (1, 2, 3, 4, 5, 6, 7, 8, "ground", -1, "noise", "dead")),
    "layer8": (8, 0, (1, 2, 3, 6, 7, 8, "ground", "noise", "noise", -2)),
    "layer12": (12, 0, (1, 3, 6, "noise", "dead")),
    "layer16": (16, 0.2, (1, 2, 6, 7, -1, "noise")),
}
# Shares of the pixels that the planted levels let through, in turn. In the layer with
# negative values the one of 0.9 falls below zero.
_SHARES = (0.3, 0.005, 0.1, 0.02, 0.9, 0.05)


class Scenes:
    """Which blobs lie where in the images.

    Args:
        seed: Of the generator of centres, radii and noise.
        without_objects: Images with no object.
        without_materials: Images with no material.
    """

    def __init__(self, seed: int, without_objects=(), without_materials=()):
        self._rng = np.random.default_rng(seed)
        labels = len(OBJECTS) + len(MATERIALS)
        self._center = self._rng.uniform(0.15, 0.85, (NUM_IMAGES, labels, 2))
        self._radius = self._rng.uniform(0.08, 0.22, (NUM_IMAGES, labels))
        present = self._rng.random((NUM_IMAGES, labels)) < 0.6
        present[:, [OBJECTS[0] - 1, MATERIALS[0] - 1]] = True
        self._radius[:, _WIDE - 1] *= 2
        for label, radius in _RARE.items():
            present[:, label - 1] = np.arange(NUM_IMAGES) == NUM_IMAGES - label
            self._radius[:, label - 1] = radius
            # On the middle of a pixel, so that the smallest blob has one.
            self._center[:, label - 1] = 8.5 / SEG_SIZE
        present[:, _ABSENT - 1] = False
        present[list(without_objects), : len(OBJECTS)] = False
        present[list(without_materials), len(OBJECTS) :] = False
        self._present = present

    def blobs(self, size: int) -> np.ndarray:
        """Returns the blobs, [image, label - 1, row, column], from 0 to 1."""
        at = (np.arange(size) + 0.5) / size
        away = [(at - self._center[..., i, None]) ** 2 for i in (0, 1)]
        square = away[0][..., :, None] + away[1][..., None, :]
        blobs = np.exp(-square / (2 * self._radius[..., None, None] ** 2))
        return blobs * self._present[..., None, None]

    def segmentation(self, labels) -> np.ndarray:
        """Returns [image, row, column]: a label where its blob is above half, or 0.

        Of two labels, the later lies in front.
        """
        blobs = self.blobs(SEG_SIZE)
        seg = np.zeros((NUM_IMAGES, SEG_SIZE, SEG_SIZE), np.int64)
        for label in labels:
            seg[blobs[:, label - 1] > 0.5] = label
        return seg

    def units(self, layer: str) -> np.ndarray:
        """Returns the float64 values of a layer, [image, unit, row, column]."""
        size, slope, sources = LAYERS[layer]
        blobs = self.blobs(size)
        units = []
        for source in sources:
            noise = self._rng.normal(0, 0.35, (NUM_IMAGES, size, size))
            if source == "dead":
                unit = 0 * noise
            elif source == "noise":
                unit = 3 * noise
            elif source == "ground":
                unit = 2 - 3 * blobs.max(1) + noise
            else:
                unit = np.sign(source) * (3 * blobs[:, abs(source) - 1] - 0.3) + noise
            units.append(np.maximum(unit, 0) + slope * np.minimum(unit, 0))
        return np.stack(units, 1)


def two_slots(scenes: Scenes) -> np.ndarray:
    """Returns [image, slot, row, column] with objects, then materials.

    In some images the second slot also names an object: a slot is no category.
    """
    first, second = scenes.segmentation(OBJECTS), scenes.segmentation(MATERIALS)
    images = slice(8, 12)
    second[images][first[images] == 1] = 3
    return np.stack([first, second], 1)


def upsample(units: np.ndarray) -> np.ndarray:
    """Returns units [..., row, column] at the segmentation's size, bilinear.

    Pixel centres lie at half-integers and the border's values go on outwards.
    """
    size = units.shape[-1]
    at = (np.arange(SEG_SIZE) + 0.5) * size / SEG_SIZE - 0.5
    near = np.abs(at.clip(0, size - 1)[:, None] - np.arange(size))
    weights = np.maximum(1 - near, 0)
    return weights @ units @ weights.T


def clear_levels(units: np.ndarray, margin: float) -> np.ndarray:
    """Returns a level per unit that no upsampled value comes nearer to than `margin`.

    Levels are odd multiples of 2**-20, which float32 holds. A unit of only zeros gets
    level zero, on which it lies: it must not count as active.
    """
    levels = []
    for i, values in enumerate(upsample(units).swapaxes(0, 1)):
        values = np.sort(values.ravel())
        if not values.any():
            levels.append(0.0)
            continue
        (wide,) = np.nonzero(np.diff(values) > 2 * margin + 2.0**-18)
        target = (1 - _SHARES[i % len(_SHARES)]) * len(values)
        gap = wide[np.abs(wide + 1 - target).argmin()]
        middle = (values[gap] + values[gap + 1]) / 2
        levels.append((2 * np.floor(middle * 2.0**19) + 1) * 2.0**-20)
    return np.array(levels)


def margins(units: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Returns how near an upsampled value comes to each unit's level."""
    away = np.abs(upsample(units) - levels[:, None, None])
    return away.min((0, 2, 3))
