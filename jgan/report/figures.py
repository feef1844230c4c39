"""Pictures made of pixels alone: the page writes what they show."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
from jaxtyping import Float, UInt8

from jgan import images as pictures

# A tile is as large as fits four times into a phone held sideways.
_SMALLEST_TILE, _LARGEST_TILE = 128, 256
_GAP = 4
# Amber stands out on skin, sky and foliage alike.
_OUTLINE = np.array([255, 176, 0], np.uint8)
_DIMMED = 0.3  # Dark enough to lead the eye, light enough to see what is there.
_BRIGHTEST, _OUTLINED = 0.99, 0.9
# Transposed convolutions leave checkerboards, of which an outline would be all islands.
_OUTLINE_ROWS = 16
_MOST_MAGNIFIED = 64

Image = UInt8[np.ndarray, "row col 3"]
Tile = UInt8[np.ndarray, "tile tile 3"]


def tile_side(resolution: int) -> int:
    """Returns the side of a tile: a whole multiple of small images, part of large."""
    if resolution >= _LARGEST_TILE:
        return _LARGEST_TILE
    return resolution * -(-_SMALLEST_TILE // resolution)


def tile(image: Image) -> Tile:
    """Returns an image at the size of a tile, enlarged in whole pixels."""
    side = tile_side(image.shape[0])
    factor = side // image.shape[0]
    if factor >= 1 and side == factor * image.shape[0]:
        return image.repeat(factor, axis=0).repeat(factor, axis=1)
    resized = PIL.Image.fromarray(image).resize((side, side), PIL.Image.Resampling.BOX)
    return np.asarray(resized)


def enlarge(activation: Float[np.ndarray, "row col"], side: int):
    """Returns a map resized bilinearly with half-pixel centers, as the literature does.

    Shrinking averages, as `jax.image.resize` does.
    """
    image = PIL.Image.fromarray(np.asarray(activation, np.float32))
    return np.asarray(image.resize((side, side), PIL.Image.Resampling.BILINEAR))


def spotlights(
    images: Sequence[Image],
    activations: Sequence[Float[np.ndarray, "map_row map_col"]],
) -> list[Tile]:
    """Returns tiles lit where a unit is strong, each with an outline.

    The light is full at the unit's 99 % quantile over these images, and the outline
    holds the tenth of their pixels where it is strongest.

    Args:
        images: The images.
        activations: The unit's map in each.
    """
    side = tile_side(images[0].shape[0])
    strengths = np.abs(np.stack(activations))
    heat = np.stack([enlarge(s, side) for s in strengths])
    brightest = max(float(np.quantile(heat, _BRIGHTEST)), 1e-12)
    coarse = min(_OUTLINE_ROWS, strengths.shape[1])
    smooth = np.stack([enlarge(enlarge(s, coarse), side) for s in strengths])
    level = np.quantile(smooth, _OUTLINED)
    tiles = []
    for image, light, smoothed in zip(images, heat, smooth, strict=True):
        bright = _DIMMED + (1 - _DIMMED) * np.clip(light / brightest, 0, 1)[:, :, None]
        lit = np.rint(tile(image) * bright).astype(np.uint8)
        lit[_outline(smoothed > level)] = _OUTLINE
        tiles.append(lit)
    return tiles


def cutout(
    image: Image, activation: Float[np.ndarray, "map_row map_col"], level: float
) -> Tile:
    """Returns a tile lit where an enlarged map is above a level, with an outline."""
    inside = enlarge(activation, tile_side(image.shape[0])) > level
    lit = np.rint(tile(image) * np.where(inside, 1.0, _DIMMED)[:, :, None])
    lit = lit.astype(np.uint8)
    lit[_outline(inside)] = _OUTLINE
    return lit


def _outline(inside):
    padded = np.pad(inside, 1, mode="edge")
    surrounded = (
        padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    )
    return inside & ~surrounded


def magnification(
    before: UInt8[np.ndarray, "image row col 3"],
    after: UInt8[np.ndarray, "*sweep image row col 3"],
) -> int:
    """Returns the power of two at which all but 1 % of differences keep their shade."""
    difference = np.abs(after.astype(np.int16) - before.astype(np.int16))
    high = max(1.0, float(np.quantile(difference, 0.99)))
    return int(2 ** np.clip(np.floor(np.log2(127 / high)), 0, np.log2(_MOST_MAGNIFIED)))


def difference(before: Image, after: Image, magnified: int) -> Tile:
    """Returns the signed difference on mid-gray, `magnified` times."""
    change = after.astype(np.int32) - before.astype(np.int32)
    return tile(np.clip(128 + magnified * change, 0, 255).astype(np.uint8))


def strip(tiles: Sequence[Tile], *, cols: int) -> UInt8[np.ndarray, "row col 4"]:
    """Returns tiles side by side, with gaps that let any background through."""
    framed = [
        np.pad(
            np.dstack([one, np.full(one.shape[:2], 255, np.uint8)]),
            ((0, _GAP), (0, _GAP), (0, 0)),
        )
        for one in tiles
    ]
    return pictures.grid(np.stack(framed), cols=cols, padding=0)[:-_GAP, :-_GAP]
