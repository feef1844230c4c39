"""`Directions`: what images are moved along, however it was found, and one such step.

What is moved is the key of a dict, as in the edits of a generator: so it is static, and
directions go through `jax.jit` and `jax.vmap` as any tree of arrays.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from jgan.taps import Affine, Edit

# The latents' own. All other names are taps.
Z = "z"
# Of generators with a mapped latent: what it is mapped to, and what each layer gets.
W, W_PLUS = "w", "w_plus"


class Directions(NamedTuple):
    """Directions, the most important first.

    Attributes:
        vectors: By what they move: ``"z"``, the latents' own; or the name of a tap,
            such as ``"w"`` or a layer. Each has the shape of one image's, with size 1
            along an axis it does not tell apart. Under several names, all are moved at
            once. Of unit length, unless what finds them says otherwise.
        values: How much each direction matters, in the terms of what found it.
    """

    vectors: Mapping[str, Float[Array, "direction *place unit"]]
    values: Float[Array, " direction"]


def unit_length(directions: Directions) -> Directions:
    """Returns the directions, each divided by its length; those of length 0 stay so.

    Of several places that are moved at once, the length is that of all together.

    Args:
        directions: Of any length.
    """
    squares = [
        jnp.square(vectors).reshape(len(vectors), -1).sum(axis=1)
        for vectors in directions.vectors.values()
    ]
    length = jnp.sqrt(sum(squares, start=jnp.zeros_like(squares[0])))
    factor = 1 / jnp.where(length > 0, length, 1.0)
    vectors = {
        place: vectors * factor.reshape(-1, *[1] * (vectors.ndim - 1))
        for place, vectors in directions.vectors.items()
    }
    return Directions(vectors, directions.values)


def move(
    latents: Any,
    directions: Directions,
    index: int | Int[Array, ""],
    strength: Float[ArrayLike, ""],
    *,
    layers: tuple[int, ...] | None = None,
) -> tuple[Any, dict[str, Edit]]:
    """Returns the latents and edits that move all images along one direction.

    The index and strength are data: `jax.vmap` sweeps them and `jax.grad` goes through
    the strength. Strength 0 changes nothing, bit for bit.

    Args:
        latents: Of the images.
        directions: Of which one is taken.
        index: Which. A traced one past the last makes NaN.
        strength: How far, in lengths of the vector.
        layers: As `traverse` has it.

    Raises:
        ValueError: If the vectors do not fit `z`, or `layers` are asked of directions
            that do not move `w` alone. An edit complains when it is used.
    """
    if layers is not None and {*directions.vectors} != {W}:
        raise ValueError(
            f"layers is {layers}, and the directions move "
            f"{', '.join(directions.vectors)}; only those of w can move it in some "
            "layers and not in others."
        )
    edits: dict[str, Edit] = {}
    for place, vectors in directions.vectors.items():
        vector = vectors.at[index].get(mode="fill", fill_value=jnp.nan)
        step = (jnp.asarray(strength, vector.dtype) * vector)[None]
        if place == Z:
            if step.shape[1:] != latents.z.shape[1:]:
                raise ValueError(
                    f"The directions move a z of shape {vector.shape}; the latents' is "
                    f"{latents.z.shape[1:]}."
                )
            latents = latents._replace(z=latents.z + step)
        elif layers is not None:
            edits[W_PLUS] = _move_rows(layers, step)
        else:
            edits[place] = Affine(1.0, 1.0, step)
    return latents, edits


def _move_rows(layers: tuple[int, ...], step: Float[Array, "1 unit"]) -> Edit:
    def edit(w_plus: Float[Array, "image layer unit"]) -> Array:
        num_layers = w_plus.shape[1]
        outside = [layer for layer in layers if not 0 <= layer < num_layers]
        if outside:
            raise ValueError(
                f"There is no layer {outside} of w_plus. They are 0 to "
                f"{num_layers - 1}."
            )
        mask = np.isin(np.arange(num_layers), layers)[None, :, None]
        return Affine(mask, 1.0, step[:, None, :])(w_plus)

    return edit


def orient(
    vectors: Float[np.ndarray, "direction latent"],
) -> Float[np.ndarray, "direction latent"]:
    """Returns the vectors, each with the sign that makes its largest entry positive.

    Largest in absolute value, and the first of several. What finds directions mostly
    leaves the sign open, and an edit of the other sign is the opposite one.
    """
    largest = np.abs(vectors).argmax(axis=1)[:, None]
    return vectors * np.where(np.take_along_axis(vectors, largest, axis=1) < 0, -1, 1)
