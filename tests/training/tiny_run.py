"""A tiny run as a process, to be killed: prints each report, and the end's digest."""

import hashlib
import pathlib
import sys

import jax
import numpy as np

from jgan import training
from jgan.worlds import ScenesWorld
from tests.training.tiny import CONFIG


def main() -> None:
    out, num_steps, *options = sys.argv[1:]
    state = training.train(
        CONFIG,
        ScenesWorld(32),
        pathlib.Path(out),
        num_steps=int(num_steps),
        resume="resume" in options,
        report_every=5,
        save_every=10,
        callback=lambda progress: print(progress.step, flush=True),
    )
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(state):
        digest.update(np.asarray(leaf).tobytes())
    print(digest.hexdigest(), flush=True)


if __name__ == "__main__":
    main()
