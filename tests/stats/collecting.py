"""Collects statistics in a process of its own, and writes them to a file.

python -m tests.stats.collecting OUT '{"batch_size": 7, …}'
"""

import json
import pathlib
import sys

import jax
import numpy as np

from jgan import stats
from tests.generators import make_gan
from tests.stats.planted import SIGNS, empty, planted_gan

NUM_IMAGES = 150
SEED = 3


def run(
    *,
    generator: str = "planted",
    batch_size: int,
    shares: int | None = None,
    resume: str | None = None,
    progress=None,
):
    gan = planted_gan() if generator == "planted" else make_gan(generator)
    mesh = None
    if shares is not None:
        kinds = (jax.sharding.AxisType.Auto,)
        mesh = jax.make_mesh((shares,), ("image",), axis_types=kinds)
    return stats.collect(
        gan,
        empty(gan.layers),
        num_images=NUM_IMAGES,
        batch_size=batch_size,
        segmenter=SIGNS,
        mesh=mesh,
        resume=None if resume is None else pathlib.Path(resume),
        progress=progress,
        key=jax.random.key(SEED),
    )


def main() -> None:
    out, options = pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])
    process = options.pop("process", None)
    if process is not None:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(process["address"], 2, process["number"])
    found = run(**options, progress=lambda share: print(share, flush=True))
    leaves = jax.tree.leaves(found)
    np.savez(out, **{f"leaf{i}": leaf for i, leaf in enumerate(leaves)})


if __name__ == "__main__":
    main()
