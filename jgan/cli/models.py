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
        caption=(
            "pull: fetched at first use; instructions: `jgan pull NAME` says how; "
            "truncation: what the publisher samples with"
        ),
        caption_justify="left",
    )
    titles = ("name", "family", "pixels", "classes", "truncation", "source")
    for title in (*titles, "license", "state"):
        numbers = title in ("pixels", "classes", "truncation")
        table.add_column(
            title,
            justify="right" if numbers else "left",
            no_wrap=title != "source",
            overflow="fold",
        )
    for entry in zoo.ENTRIES:
        table.add_row(
            entry.name,
            entry.family,
            str(entry.resolution),
            str(entry.num_classes or "-"),
            "-" if entry.truncation is None else str(entry.truncation),
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
