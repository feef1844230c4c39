"""Images as bytes: to 8 bits, several in one picture, and on disk as PNG."""

import os
import pathlib
import secrets

import numpy as np
import PIL.Image
from jaxtyping import ArrayLike, Float, UInt8

_BACKGROUND = 255


def to_uint8(
    images: Float[ArrayLike, "*image row col channel"],
) -> UInt8[np.ndarray, "*image row col channel"]:
    """Returns images in [-1, 1] as bytes, each rounded to the nearest of 256 levels.

    Args:
        images: Values outside [-1, 1] are clipped.

    Raises:
        ValueError: If a value is NaN, which has no color.
    """
    images = np.asarray(images, np.float32)
    if np.isnan(images).any():
        raise ValueError(f"{int(np.isnan(images).sum())} values of the images are NaN.")
    return np.rint((np.clip(images, -1, 1) + 1) * 127.5).astype(np.uint8)


def grid(
    images: UInt8[np.ndarray, "image row col channel"], *, cols: int, padding: int = 2
) -> UInt8[np.ndarray, "row_out col_out channel"]:
    """Returns one picture with the images row by row, on white.

    Args:
        images: All of one size. The last row may be incomplete.
        cols: Images in a row.
        padding: Pixels between images, and around all of them.

    Raises:
        ValueError: If there is no image, no column, or a negative padding.
    """
    num_images, height, width, channels = images.shape
    if num_images < 1 or cols < 1 or padding < 0:
        raise ValueError(
            f"Cannot lay out {num_images} images in {cols} columns with {padding} "
            "pixels between them."
        )
    rows = -(-num_images // cols)
    down, right = height + padding, width + padding
    shape = (rows * down + padding, cols * right + padding, channels)
    picture = np.full(shape, _BACKGROUND, np.uint8)
    for i, image in enumerate(images):
        top, left = padding + i // cols * down, padding + i % cols * right
        picture[top : top + height, left : left + width] = image
    return picture


def write_png(
    path: str | os.PathLike[str],
    image: UInt8[np.ndarray, "row col"] | UInt8[np.ndarray, "row col channel"],
) -> pathlib.Path:
    """Writes a PNG, which appears whole or not at all.

    Args:
        path: Where. An existing file is replaced.
        image: Gray without a channel axis or with one channel, else RGB or RGBA.

    Returns:
        The path.

    Raises:
        ValueError: If `path` does not end in ``.png``.
        FileNotFoundError: If its folder does not exist.
    """
    path = check_png_path(path)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    # Beside the target, because a rename is atomic only within one file system.
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        PIL.Image.fromarray(image).save(scratch, format="png")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return path


def check_png_path(path: str | os.PathLike[str]) -> pathlib.Path:
    """Returns the path if `write_png` can write there, to ask before long work.

    Raises:
        ValueError: If it does not end in ``.png``, or is a folder.
        FileNotFoundError: If its folder does not exist.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path} does not end in .png, the only format written.")
    if path.is_dir():
        raise ValueError(f"{path} is a folder. Give the name of a file.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write to.")
    return path
