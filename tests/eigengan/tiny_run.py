"""A tiny run as a process, to be killed: prints each report."""

import pathlib
import sys

from jgan import eigengan
from jgan.worlds import ScenesWorld
from tests.eigengan.tiny import CONFIG


def main() -> None:
    eigengan.train(
        CONFIG,
        ScenesWorld(16),
        pathlib.Path(sys.argv[1]),
        num_steps=40,
        report_every=2,
        save_every=10,
        callback=lambda progress: print(progress.step, flush=True),
    )


if __name__ == "__main__":
    main()
