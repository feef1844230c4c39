"""Networks that grow: what they keep, and the images of smaller ones."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.typing import Images, Params


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


def shrink(
    images: Images, side: int
) -> Float[Array, "image smaller_row smaller_col 3"]:
    """Returns the images averaged over squares of pixels.

    Args:
        images: Of a side that is `side` times a power of two.
        side: In pixels.
    """
    while images.shape[1] > side:
        images = ops.downsample(images)
    return images
