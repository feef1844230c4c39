"""A tiny run as a process, to be killed: prints each report."""

import pathlib
import sys

from jgan import training
from jgan.worlds import ScenesWorld
from tests.training.tiny import CONFIG


def main() -> None:
    out, num_steps, *options = sys.argv[1:]
    training.train(
        CONFIG,
        ScenesWorld(32),
        pathlib.Path(out),
        num_steps=int(num_steps),
        resume="resume" in options,
        report_every=5,
        save_every=10,
        callback=lambda progress: print(progress.step, flush=True),
    )


if __name__ == "__main__":
    main()
