"""Where the commands write: results to `out`, what happens on the way to `err`."""

import rich.console

out = rich.console.Console()
err = rich.console.Console(stderr=True)


def say(line: str) -> None:
    """Prints a result as it is, whatever brackets and numbers are in it."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def mention(line: str) -> None:
    """Prints a step on the way, for a `callback` of the library."""
    err.print(f"{line} …", markup=False, highlight=False, soft_wrap=True)
