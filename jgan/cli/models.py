"""`jgan models`: what the zoo has."""

import rich.console
import rich.table

from jgan import zoo
from jgan.cli._console import out

# A file or a pipe gets one line for each generator, whatever the terminal's width.
_PIPE_WIDTH = 200


def models() -> None:
    """List the generators that jgan knows by name."""
    table = rich.table.Table(
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="pull: fetched at first use; instructions: `jgan pull NAME` says how",
        caption_justify="left",
    )
    for title in ("name", "family", "pixels", "classes", "source", "license", "state"):
        table.add_column(
            title,
            justify="right" if title in ("pixels", "classes") else "left",
            no_wrap=title != "source",
            overflow="fold",
        )
    for entry in zoo.ENTRIES:
        table.add_row(
            entry.name,
            entry.family,
            str(entry.resolution),
            str(entry.num_classes or "-"),
            entry.source,
            entry.license,
            _state(entry),
        )
    console = out if out.is_terminal else rich.console.Console(width=_PIPE_WIDTH)
    console.print(table)


def _state(entry: zoo.Entry) -> str:
    if zoo.is_ready(entry.name):
        return "shipped" if entry.shipped else "ready"
    return "pull" if entry.wheel else "instructions"
