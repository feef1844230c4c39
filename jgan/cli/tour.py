"""`jgan tour`: opens up a generator and writes what it found as a page."""

import pathlib
from typing import Annotated

import rich.progress
import tyro

from jgan import zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import err, mention, say


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
    columns = (
        *rich.progress.Progress.get_default_columns()[:3],
        rich.progress.TimeElapsedColumn(),
    )
    with rich.progress.Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        page = write_tour(
            gan,
            out,
            num_images=num_images,
            seed=seed,
            progress=lambda description, fraction: bar.update(
                task, description=description, completed=fraction
            ),
        )
    say(f"Open {page.resolve()} in a browser.")
