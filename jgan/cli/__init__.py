"""The command `jgan`, one file per subcommand.

`main` parses with tyro, and turns what a user can cause into one message on stderr:
exit status 1, or 2 for a wrong command line and 130 for Ctrl-C. Start with `sample`,
the shortest command that makes something.
"""

import sys
from collections.abc import Sequence

import tyro

from jgan.cli._console import err
from jgan.cli._errors import message_of, termination_as_exit
from jgan.cli._huge_pages import restart_with_huge_pages
from jgan.cli.awareness import awareness
from jgan.cli.components import components
from jgan.cli.convert import convert
from jgan.cli.dissect import dissect
from jgan.cli.eigengan import eigengan
from jgan.cli.evaluate import evaluate
from jgan.cli.export import export
from jgan.cli.interpretable import interpretable
from jgan.cli.invert import invert
from jgan.cli.models import models
from jgan.cli.pull import pull
from jgan.cli.sample import sample
from jgan.cli.tour import tour
from jgan.cli.train import train

_COMMANDS = {
    command.__name__: command
    for command in (
        tour,
        dissect,
        awareness,
        components,
        eigengan,
        interpretable,
        models,
        sample,
        invert,
        pull,
        convert,
        export,
        train,
        evaluate,
    )
}
# Commands worth starting anew: their steps take the same memory thousands of times.
_TRAINING = (["train"], ["interpretable", "train"])
_DESCRIPTION = (
    "Opens up image generators: which units make what, proved by changing them. Start "
    "with `jgan tour`."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status of a command line, after running it.

    Args:
        argv: The arguments, without the program's name. None takes the process's own,
            which then may start anew (`jgan.cli._huge_pages`).

    Raises:
        SystemExit: After ``--help``, or if the arguments cannot be parsed.
    """
    args = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    # With arguments from a caller, the process is the caller's.
    if argv is None and any(args[: len(words)] == words for words in _TRAINING):
        restart_with_huge_pages()
    try:
        with termination_as_exit():
            tyro.extras.subcommand_cli_from_dict(
                _COMMANDS, prog="jgan", description=_DESCRIPTION, args=args
            )
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        message = message_of(error)
        if message is None:
            raise
        err.print(f"jgan: {message}", markup=False, highlight=False, soft_wrap=True)
        return 1
    return 0
