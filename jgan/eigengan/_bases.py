"""What a step of the training does to the bases of the generator, beside Adam.

The penalty for crooked bases is followed outside Adam, as AdamW follows its decay
(Loshchilov & Hutter, 2019): jgan reconstruction. Adam moves every entry of a basis by
about its rate, however strong the penalty, so that one of 16,384 entries was off by
0.05 where the penalty was left to it. A step of the penalty alone squares the error.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.models.subspace import gram_error
from jgan.typing import Params


def slowed(before: Params, after: Params, basis_step: float) -> Params:
    """Returns the generator with a part of the step that Adam took of each basis.

    A jgan reconstruction: see `TrainConfig.basis_step`.
    """

    def choose(path: Any, old: Array, new: Array) -> Array:
        if path[-1].key != "basis":
            return new
        # Adam moves every entry by about its rate, and so a dimension by the root.
        taken = math.sqrt(old.size // old.shape[-1])
        return old + min(1.0, basis_step / taken) * (new - old)

    return jax.tree.map_with_path(choose, before, after)


def straightened(generator: Params, weight: float) -> Params:
    """Returns the generator after a step along the penalty alone.

    At weight 1 it is that of Newton and Schulz, whose error is about the square of the
    one before.
    """

    def straighten(path: Any, basis: Array) -> Array:
        if path[-1].key != "basis":
            return basis
        # One dimension after the other: XLA on CPU would multiply the few numbers that
        # all of them have at a place, in five times the time.
        rows = jax.lax.optimization_barrier(basis.reshape(-1, basis.shape[-1]).T)
        # A quarter of the penalty's gradient, which is 2 U (U^T U - I).
        error = gram_error(rows.T)
        along = jnp.matmul(error, rows, precision=jax.lax.Precision.HIGHEST)
        return (rows - 0.5 * weight * along).T.reshape(basis.shape)

    return jax.tree.map_with_path(straighten, generator)


def orthogonality_loss(generator: Params) -> Float[Array, ""]:
    """Returns half the squared norm of U^T U - I, summed over layers.

    As the published code has it; its PyTorch port takes a mean in place of both sums.

    Args:
        generator: Parameters.
    """
    errors = [
        gram_error(subspace["basis"])
        for name, subspace in generator.items()
        if name.startswith("subspace") and "basis" in subspace
    ]
    return sum((0.5 * jnp.square(e).sum() for e in errors), start=jnp.zeros(()))
