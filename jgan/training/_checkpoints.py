"""Checkpoints of a run: whole or absent, whatever kills the process.

Orbax writes to a temporary name and renames; it keeps the last five.
"""

import functools
import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from jgan.training.recipe import Recipe

# A training can break without a number that is not finite, and is looked at later.
_KEEP = 5


@contextmanager
def open_checkpoints(folder: pathlib.Path) -> Iterator[ocp.CheckpointManager]:
    """Yields the checkpoints of a run, and waits for the last to be written.

    Args:
        folder: Where they lie; made if it does not exist.
    """
    options = ocp.CheckpointManagerOptions(max_to_keep=_KEEP, create=True)
    manager = ocp.CheckpointManager(folder.resolve(), options=options)
    try:
        yield manager
    finally:
        manager.close()


def save(manager: ocp.CheckpointManager, state: Any) -> None:
    """Starts to write a checkpoint of the state."""
    # A copy: the next step is given the memory of this state while orbax still writes.
    copy = jax.tree.map(np.array, state)
    manager.save(int(state.step), args=ocp.args.StandardSave(copy))


def restore(manager: ocp.CheckpointManager, recipe: Recipe, step: int) -> Any:
    """Returns the state that was written at a step."""
    shapes = jax.eval_shape(recipe.initial_state)
    for growth, after in enumerate(recipe.growth):
        if step > after:
            grow = functools.partial(recipe.grow, growth=growth)
            shapes = jax.eval_shape(grow, shapes)
    return manager.restore(step, args=ocp.args.StandardRestore(shapes))
