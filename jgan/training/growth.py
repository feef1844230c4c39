"""What networks keep when they grow."""

from typing import Any

import jax
import jax.numpy as jnp

from jgan.typing import Params


def keep(old: Params, new: Params) -> Params:
    """Returns the new parameters, with the old where name and shape are the same.

    Args:
        old: Of the networks before.
        new: Of the grown networks, as drawn.
    """
    before: dict[Any, Any] = dict(jax.tree.leaves_with_path(old))

    def choose(path, leaf):
        kept = before.get(path)
        if kept is None or kept.shape != leaf.shape:
            return leaf
        # A copy: a donated buffer can stand in one place of a state only.
        return jnp.copy(kept)

    return jax.tree.map_with_path(choose, new)
