"""The folder beside a dissection that keeps the passes that are done."""

import contextlib
import json
import pathlib
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

# By which the folder is known, too.
_SETTINGS = "settings.json"


def partial_folder(out_folder: pathlib.Path) -> pathlib.Path:
    """Returns where the passes of a dissection are kept."""
    # "." has no name, and the folder lies where a link leads.
    whole = out_folder.resolve()
    return whole.with_name(f"{whole.name}.partial")


def check_partial(
    partial: pathlib.Path, settings: Mapping[str, Any], *, resume: bool
) -> None:
    """Refuses passes that this dissection cannot go on with.

    Args:
        partial: The folder.
        settings: What decides the passes, as JSON.
        resume: Whether to go on with passes that are there.

    Raises:
        FileExistsError: If it is there and `resume` is not set, or is something else.
        ValueError: If it was begun with other settings; the message says which.
    """
    if not partial.exists():
        return
    file = partial / _SETTINGS
    if not file.is_file():
        raise FileExistsError(
            f"{partial} exists and is not an interrupted dissection. Choose another "
            "name, without .partial."
        )
    if not resume:
        raise FileExistsError(
            f"{partial} holds an interrupted dissection. Go on with it by --resume, or "
            "remove it."
        )
    begun = json.loads(file.read_text("utf-8"))
    differ = [
        f"{name} {begun.get(name)}, not {value}"
        for name, value in settings.items()
        if begun.get(name) != value
    ]
    if differ:
        raise ValueError(
            f"{partial} was begun with {'; '.join(differ)}. Give the same, or remove "
            "it."
        )


@contextlib.contextmanager
def passes_kept(partial: pathlib.Path, settings: Mapping[str, Any]) -> Iterator[None]:
    """Makes the folder for a block, and removes it again if no pass is in it."""
    partial.mkdir(exist_ok=True)
    (partial / _SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
    try:
        yield
    finally:
        if not any(partial.rglob("*.npz")):
            shutil.rmtree(partial)
