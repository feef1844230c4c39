"""Where the commands write: results to `out`, what happens on the way to `err`."""

import contextlib
from collections.abc import Callable, Iterator

import rich.console
import rich.markup
import rich.progress

out = rich.console.Console()
err = rich.console.Console(stderr=True)


def say(line: str) -> None:
    """Prints a result as it is, whatever brackets and numbers are in it."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def mention(line: str) -> None:
    """Prints a step on the way, for a `callback` of the library."""
    err.print(f"{line} …", markup=False, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def progress_bar(
    time: rich.progress.ProgressColumn,
) -> Iterator[Callable[[str, float], None]]:
    """Yields what shows a step and the share that is done, until the block ends.

    Args:
        time: What to show of it.
    """
    if not err.is_terminal:
        # All that is left of a bar there is an empty line.
        yield lambda doing, share: None
        return
    columns = (*rich.progress.Progress.get_default_columns()[:3], time)
    with rich.progress.Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        # Names of concepts may have brackets, which would be taken for markup.
        yield lambda doing, share: bar.update(
            task, description=rich.markup.escape(doing), completed=share
        )
