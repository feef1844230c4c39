"""What passes outside of `stats.collect` refuse as it does: numbers that are none."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jgan import stats


class Finite(NamedTuple):
    """Whether a batch is without infinite values and NaN.

    Attributes:
        activation: In the layer.
        later: In the images, and in what was told of them.
    """

    activation: Bool[Array, ""]
    later: Bool[Array, ""]


def are_finite(activation: Float[Array, "*activation"], *later: Any) -> Finite:
    """Returns whether an activation is finite, and what came of it."""
    leaves = [jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(later)]
    return Finite(jnp.isfinite(activation).all(), jnp.stack(leaves).all())


def check_batch(layer: str, finite: Finite, *, batch: int) -> None:
    """Refuses infinite values and NaN, which would spoil means and rank anywhere.

    Args:
        layer: Whose activation it was.
        finite: What the pass over the batch returned.
        batch: Number of the batch, from 0.

    Raises:
        ValueError: If there are some; the message names the layer.
    """
    stats.check_finite({layer: finite.activation}, batch=batch)
    if not finite.later:
        raise ValueError(
            f"The activation of layer {layer!r} is finite in batch {batch}, but not "
            "the images of it, or not what was told of them. Look for NaN in the "
            "parameters of later layers, in what units were set to, and in the scores "
            "or features."
        )
