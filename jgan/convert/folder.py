"""jgan's own format: a folder with ``config.json`` and ``params.safetensors``."""

import json
import os
import pathlib

import numpy as np
import safetensors.numpy

from jgan.convert._description import describe, gan_of, parse
from jgan.convert._rules import flat_arrays
from jgan.convert.readers import CheckpointError, read_checkpoint
from jgan.files import whole_folder
from jgan.gan import Gan

_CONFIG, _PARAMS = "config.json", "params.safetensors"


def save(gan: Gan, folder: str | os.PathLike[str]) -> pathlib.Path:
    """Writes a generator to a folder, which `jgan.load` reads.

    The folder appears whole or not at all. One that holds a generator is replaced.

    Args:
        gan: The generator.
        folder: Where. Its parent is made if needed.

    Returns:
        The folder.

    Raises:
        FileExistsError: If `folder` exists and is not a saved generator.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not _is_only_a_gan(folder):
        raise FileExistsError(
            f"{folder} exists and is not just a saved generator. Choose another name."
        )
    with whole_folder(folder) as scratch:
        safetensors.numpy.save_file(flat_arrays(gan.params), scratch / _PARAMS)
        text = json.dumps(describe(gan), indent=2) + "\n"
        (scratch / _CONFIG).write_text(text)
    return folder


def _is_only_a_gan(folder: pathlib.Path) -> bool:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if names != {_CONFIG, _PARAMS}:
        return False
    try:
        parse((folder / _CONFIG).read_bytes(), str(folder / _CONFIG))
    except CheckpointError:
        return False
    return True


def is_saved_gan(folder: str | os.PathLike[str]) -> bool:
    """Returns whether a folder holds what `save` writes."""
    folder = pathlib.Path(folder)
    return (folder / _CONFIG).is_file() and (folder / _PARAMS).is_file()


def load_folder(folder: str | os.PathLike[str]) -> Gan:
    """Returns the generator that `save` wrote.

    Raises:
        FileNotFoundError: If the folder is not a saved generator.
        CheckpointError: If a file of it is damaged.
        ConversionError: If the arrays are not those of the config.
    """
    folder = pathlib.Path(folder)
    if not is_saved_gan(folder):
        raise FileNotFoundError(
            f"{folder} is not a saved generator: it needs {_CONFIG} and {_PARAMS}. "
            "`jgan convert FILE OUT` makes one from a checkpoint."
        )
    place = str(folder / _CONFIG)
    description = parse((folder / _CONFIG).read_bytes(), place)
    content = read_checkpoint(folder / _PARAMS)
    if not isinstance(content, dict):
        raise CheckpointError(f"{folder / _PARAMS} holds no arrays by name.")
    # Beside them there may be text on the file.
    arrays = {str(n): a for n, a in content.items() if isinstance(a, np.ndarray)}
    return gan_of(description, arrays, place)
