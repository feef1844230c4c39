"""Connected components of label maps, in few steps whatever their shape.

Every pixel points to one of its component, at first to itself. In each step a component
learns from its pixels' neighbors of the lowest one that any of them points to, and
pointers are followed once (after Zhang, Azad & Hu, 2020, FastSV). Passing numbers on
from pixel to pixel would take as many steps as a component is long.
"""

import itertools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

_NOWHERE = 2**31 - 1


def components(labels: Int[Array, "map row col"]) -> Int[Array, "map row col"]:
    """Returns the number of one pixel of the component that each pixel belongs to.

    Pixels of one label that touch, corners included, are of one component. Pixels are
    numbered over all maps.
    """
    maps, rows, cols = labels.shape
    neighbors = [
        (slice(1 + row, 1 + row + rows), slice(1 + col, 1 + col + cols))
        for row, col in itertools.product((-1, 0, 1), repeat=2)
        if (row, col) != (0, 0)
    ]
    around = lambda image, outside: jnp.pad(
        image, ((0, 0), (1, 1), (1, 1)), constant_values=outside
    )
    wide = around(labels, 0)
    same = [wide[:, row, col] == labels for row, col in neighbors]

    def step(state):
        roots, _ = state
        wide = around(roots, _NOWHERE)
        lowest = roots
        for (row, col), alike in zip(neighbors, same, strict=True):
            near = jnp.where(alike, wide[:, row, col], _NOWHERE)
            lowest = jnp.minimum(lowest, near)
        old, lowest = roots.reshape(-1), lowest.reshape(-1)
        new = jnp.minimum(old.at[old].min(lowest), lowest)
        new = new[new]
        return new.reshape(roots.shape), (new != old).any()

    own = jnp.arange(labels.size, dtype=jnp.int32).reshape(maps, rows, cols)
    return jax.lax.while_loop(lambda state: state[1], step, (own, jnp.bool_(True)))[0]
