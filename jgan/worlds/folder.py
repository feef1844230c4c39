"""A folder of images as a world: read once, cut to squares of one size, kept as bytes.

Sub-folders, where there are any, are the classes.
"""

import concurrent.futures
import os
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import PIL.ImageOps
from jaxtyping import PRNGKeyArray, UInt8

from jgan.worlds._world import Batch

# What Pillow may decode, and the endings of such files. Its other decoders stay shut.
_FORMATS = ("PNG", "JPEG", "WEBP")
_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
# From the first to the largest size that published generators make.
_MIN_RESOLUTION, _MAX_RESOLUTION = 4, 1024
# 16-bit levels to a level of 8 bits: 65535 / 255.
_LEVELS = 257


class FolderWorld:
    """Images of a folder as a source of batches.

    Each is turned as its EXIF orientation says, put on white where it is transparent,
    made RGB, cut to the largest square in its middle and resized with Lanczos
    antialiasing; smaller ones are enlarged. Color profiles are not applied, and of an
    animation only the first frame counts.

    All stay in memory, ``3 * resolution**2`` bytes each: 100,000 at 64 pixels are
    1.2 GB.

    Attributes:
        resolution: Side of the images in pixels.
        class_names: Names of the sub-folders in sorted order; empty without any.
        unreadable: Files that were skipped, with the reason of each.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        resolution: int,
        skip_unreadable: bool = False,
    ) -> None:
        """Reads the folder.

        Args:
            folder: Holds PNG, JPEG and WebP files, or a sub-folder of them for each
                class. Hidden files, and those with another ending, are left out.
            resolution: Side of the images in pixels, 4 to 1024.
            skip_unreadable: Leave files out that cannot be read as images, and list
                them; otherwise the first is an error.

        Raises:
            ValueError: If `resolution` is out of bounds, the folder or one of its
                classes has no images, images and sub-folders are mixed, or a file
                cannot be read as an image.
            FileNotFoundError: If there is no such folder.
        """
        if not _MIN_RESOLUTION <= resolution <= _MAX_RESOLUTION:
            raise ValueError(
                f"resolution is {resolution}; give {_MIN_RESOLUTION} to "
                f"{_MAX_RESOLUTION} pixels."
            )
        folders, files = _classes_and_files(pathlib.Path(folder))
        self.resolution = resolution
        self.class_names = tuple(one.name for one in folders)
        label = np.repeat(
            np.arange(len(files), dtype=np.int32), [len(one) for one in files]
        )
        paths = [path for one in files for path in one]
        images = np.empty((len(paths), resolution, resolution, 3), np.uint8)

        def read(i: int) -> str | None:
            try:
                images[i] = read_image(paths[i], resolution=resolution)
            except ValueError as error:
                if not skip_unreadable:
                    raise
                return str(error)
            return None

        # Pillow decodes and resizes without the interpreter's lock.
        with concurrent.futures.ThreadPoolExecutor() as pool:
            reasons = list(pool.map(read, range(len(paths))))
        self.unreadable = tuple(
            (path, reason)
            for path, reason in zip(paths, reasons, strict=True)
            if reason is not None
        )
        kept = np.asarray([reason is None for reason in reasons])
        self._images = images if kept.all() else images[kept]
        self._class_label = label[kept]
        for number, where in enumerate(folders or [pathlib.Path(folder)]):
            if number not in self._class_label:
                first = next(filter(None, reasons))
                raise ValueError(
                    f"No image in {where} can be read; one of all: {first}"
                )

    def sample(self, num_images: int, *, key: PRNGKeyArray) -> Batch:
        """Returns images drawn with replacement, the same for the same key.

        Runs on the host, so not under `jax.jit`.

        Args:
            num_images: How many.
            key: Consumed whole.

        Raises:
            ValueError: If `num_images` is not positive.
        """
        if num_images < 1:
            raise ValueError(f"num_images is {num_images}; it takes at least 1.")
        drawn = jax.random.randint(key, (num_images,), 0, len(self._images))
        rows = np.asarray(drawn)
        images = self._images[rows].astype(np.float32) / 127.5 - 1
        labels = jnp.asarray(self._class_label[rows]) if self.class_names else None
        return Batch(jnp.asarray(images), labels)


def _classes_and_files(
    folder: pathlib.Path,
) -> tuple[list[pathlib.Path], list[list[pathlib.Path]]]:
    """Returns the sub-folders and the images in each, or none and those outside."""
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} to read images from.")
    folders, loose = _inside(folder)
    if folders and loose:
        raise ValueError(
            f"{folder} holds both sub-folders, such as {folders[0].name}, and images, "
            f"such as {loose[0].name}. Give one of the two."
        )
    files = [loose]
    if folders:
        deeper, files = zip(*map(_inside, folders), strict=True)
        if any(deeper):
            first = next(inside[0] for inside in deeper if inside)
            raise ValueError(f"{first} lies in a class. A class holds only images.")
    for where, images in zip(folders or [folder], files, strict=True):
        if not images:
            raise ValueError(
                f"There is no image in {where}. Files are read that end in "
                f"{', '.join(_SUFFIXES)}."
            )
    return folders, list(files)


def _inside(
    folder: pathlib.Path,
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Returns the folders and the images in a folder."""
    inside = [path for path in sorted(folder.iterdir()) if path.name[0] != "."]
    folders = [path for path in inside if path.is_dir()]
    images = [path for path in inside if path.suffix.lower() in _SUFFIXES]
    return folders, [path for path in images if path.is_file()]


def read_image(
    path: str | os.PathLike[str], *, resolution: int
) -> UInt8[np.ndarray, "row col 3"]:
    """Returns the image of a file, as `FolderWorld` reads one.

    Args:
        path: A PNG, JPEG or WebP file.
        resolution: Side in pixels.

    Raises:
        ValueError: If it cannot be read as an image.
    """
    try:
        with PIL.Image.open(path, formats=_FORMATS) as opened:
            image = _on_white(PIL.ImageOps.exif_transpose(opened))
    # Pillow has no one exception for a broken file; each decoder raises its own.
    except Exception as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from error
    size = (resolution, resolution)
    lanczos = PIL.Image.Resampling.LANCZOS
    return np.asarray(PIL.ImageOps.fit(image, size, method=lanczos))


def _on_white(image: PIL.Image.Image) -> PIL.Image.Image:
    """Returns the image in RGB."""
    if image.mode.startswith("I"):
        # Pillow would clip 16-bit gray to its lowest 256 levels.
        gray = np.rint(np.asarray(image) / _LEVELS).astype(np.uint8)
        return PIL.Image.fromarray(gray).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = PIL.Image.new("RGBA", image.size, "white")
    return PIL.Image.alpha_composite(white, image).convert("RGB")
