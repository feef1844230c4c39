"""Walking along directions: images of many directions and strengths, in one program."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from jgan.components._directions import Directions, move
from jgan.gan import Gan


def traverse(
    gan: Gan,
    latents: Any,
    directions: Directions,
    *,
    indices: Int[ArrayLike, " direction"] | Sequence[int],
    strengths: Float[ArrayLike, " strength"] | Sequence[float],
    layers: Sequence[int] | None = None,
) -> Float[Array, "direction strength image row col 3"]:
    """Returns the images moved along each direction, by each strength.

    One program, which takes one direction after the other, so that memory holds the
    images of one. Other directions and strengths are data and not traced again, other
    `layers` are. The same arguments give the same bits, and strength 0 gives the
    same images in all directions.

    Args:
        gan: Any generator that has what the directions move.
        latents: Of the images.
        directions: What to move along.
        indices: Which of them, in this order. Traced ones are not checked.
        strengths: How far, in lengths of the vector; 0 changes nothing.
        layers: Of directions of `w`, the layers whose `w` moves: rows of the tap
            `w_plus`, so after truncation. With None `w` moves itself, which is before
            it: a psi of 0.5 halves the strength.

    Raises:
        ValueError: If there is no such direction or layer, the generator lacks what is
            to be moved or has it in another shape, or `indices` or `strengths` is not a
            list.
    """
    if not isinstance(indices, jax.core.Tracer):
        chosen, count = np.asarray(indices), len(directions.values)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise ValueError(f"indices is {indices}; give a list of whole numbers.")
        outside = [int(i) for i in chosen if not 0 <= i < count]
        if outside:
            raise ValueError(
                f"There is no direction {outside}. They are 0 to {count - 1}."
            )
    if np.ndim(strengths) != 1:
        raise ValueError(f"strengths is {strengths}; give a list of numbers.")
    return _traverse(
        gan,
        latents,
        directions,
        jnp.asarray(indices, jnp.int32),
        jnp.asarray(strengths, jnp.float32),
        layers=None
        if layers is None
        else tuple(sorted({*map(operator.index, layers)})),
    )


@functools.partial(jax.jit, static_argnames="layers")
def _traverse(gan, latents, directions, indices, strengths, *, layers):
    def images(index, strength):
        moved, edits = move(latents, directions, index, strength, layers=layers)
        return gan.forward(gan.params, moved, edits)[0]

    along = lambda index: jax.vmap(functools.partial(images, index))(strengths)
    return jax.lax.map(along, indices)
