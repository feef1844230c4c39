"""A map put together from the maps of every second row and column."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def interleave(
    phases: list[list[Float[Array, "image row col unit"]]],
) -> Float[Array, "image row_out col_out unit"]:
    """Returns the map whose pixel ``(2i + row, 2j + col)`` is of phase (row, col)."""
    images, rows, cols, units = phases[0][0].shape
    apart = jnp.stack([jnp.stack(row, axis=3) for row in phases], axis=2)
    return apart.reshape(images, 2 * rows, 2 * cols, units)
