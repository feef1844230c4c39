"""`jgan tour`: opens up a generator and writes what it found as a page."""

import pathlib
from typing import Annotated

import rich.progress
import tyro

from jgan import zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say


def tour(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "scenes64",
    /,
    *,
    out: pathlib.Path = pathlib.Path("tour"),
    num_images: int = 128,
    seed: int = 0,
) -> None:
    """Show which units of a generator do what, as a page that opens from disk.

    Args:
        model: Name in `jgan models`, or a folder.
        out: Folder to write; a tour there is replaced.
        num_images: How many images to watch the units on.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan.report import write_tour

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        page = write_tour(
            gan,
            out,
            num_images=num_images,
            seed=seed,
            progress=progress,
        )
    say(f"Open {page.resolve()} in a browser.")
