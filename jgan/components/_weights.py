"""Tensors that take an activation to a latent, kept in factors.

The whole tensor has as many numbers as the activation and the latent multiplied: four
million for 512 x 4 x 4 and 512. To put it together from the original's factors takes
8.6 GFLOP; to put 16 activations through the factors instead, 0.3.
"""

from contextlib import AbstractContextManager
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tensorly
from jaxtyping import Array, Float, PRNGKeyArray
from tensorly.backend import BackendManager

from jgan.gan import Layer

# The original's, of factors and core alike.
_INIT = 0.1
_HIGHEST = jax.lax.Precision.HIGHEST


def _in_numpy() -> AbstractContextManager[None]:
    # Whatever the user works with.
    return BackendManager.backend_context("numpy", local_threadsafe=True)


class TuckerWeight(NamedTuple):
    """A tensor as a core, multiplied along each mode by a factor."""

    core: Float[Array, "row_rank col_rank unit_rank latent_rank"]
    row: Float[Array, "row row_rank"]
    col: Float[Array, "col col_rank"]
    unit: Float[Array, "unit unit_rank"]
    latent: Float[Array, "latent latent_rank"]

    def apply(
        self, activation: Float[Array, "image row col unit"]
    ) -> Float[Array, "image latent"]:
        """Returns the inner product of each activation and the tensor."""
        x = jnp.einsum("nrcu,uU->nrcU", activation, self.unit, precision=_HIGHEST)
        x = jnp.einsum("nrcU,rR->nRcU", x, self.row, precision=_HIGHEST)
        x = jnp.einsum("nRcU,cC->nRCU", x, self.col, precision=_HIGHEST)
        x = jnp.einsum("nRCU,RCUL->nL", x, self.core, precision=_HIGHEST)
        return jnp.matmul(x, self.latent.T, precision=_HIGHEST)

    def penalty(self) -> Float[Array, ""]:
        """Returns the sum of the factors' squares; the core is free, as originally."""
        return _squares(self.row, self.col, self.unit, self.latent)

    def tensor(self) -> Float[np.ndarray, "row col unit latent"]:
        """Returns the whole tensor, for small ones and for looking at."""
        core, *factors = (np.asarray(part) for part in self)
        with _in_numpy():
            return np.asarray(tensorly.tucker_to_tensor((core, factors)))


class CpWeight(NamedTuple):
    """A tensor as a sum of products of one vector for each mode."""

    row: Float[Array, "row rank"]
    col: Float[Array, "col rank"]
    unit: Float[Array, "unit rank"]
    latent: Float[Array, "latent rank"]

    def apply(
        self, activation: Float[Array, "image row col unit"]
    ) -> Float[Array, "image latent"]:
        """Returns the inner product of each activation and the tensor."""
        x = jnp.einsum("nrcu,uk->nrck", activation, self.unit, precision=_HIGHEST)
        x = jnp.einsum("nrck,rk->nck", x, self.row, precision=_HIGHEST)
        x = jnp.einsum("nck,ck->nk", x, self.col, precision=_HIGHEST)
        return jnp.matmul(x, self.latent.T, precision=_HIGHEST)

    def penalty(self) -> Float[Array, ""]:
        """Returns the sum of the factors' squares."""
        return _squares(*self)

    def tensor(self) -> Float[np.ndarray, "row col unit latent"]:
        """Returns the whole tensor, for small ones and for looking at."""
        with _in_numpy():
            factors = [np.asarray(part) for part in self]
            return np.asarray(tensorly.cp_to_tensor((None, factors)))


Weight = TuckerWeight | CpWeight


class TuckerRanks(NamedTuple):
    """Sizes of a Tucker weight's core."""

    row: int
    col: int
    unit: int
    latent: int


def tucker_weight(
    layer: Layer, latent_dim: int, ranks: TuckerRanks, *, key: PRNGKeyArray
) -> TuckerWeight:
    """Returns a random weight to train, uniform in [-0.1, 0.1] as originally.

    Args:
        layer: Sizes of the activation.
        latent_dim: Size of the latent.
        ranks: Of the core.
        key: Consumed whole.

    Raises:
        ValueError: If a rank is below 1 or above its size.
    """
    sizes = (*layer, latent_dim)
    for name, size, rank in zip(TuckerRanks._fields, sizes, ranks, strict=True):
        if not 1 <= rank <= size:
            raise ValueError(
                f"The {name} rank is {rank} for a size of {size}; give 1 to {size}."
            )
    pairs = zip(sizes, ranks, strict=True)
    return TuckerWeight(*_uniform([tuple(ranks), *pairs], key))


def cp_weight(
    layer: Layer, latent_dim: int, rank: int, *, key: PRNGKeyArray
) -> CpWeight:
    """Returns a random weight to train, uniform in [-0.1, 0.1] as originally.

    Args:
        layer: Sizes of the activation.
        latent_dim: Size of the latent.
        rank: Number of products, any from 1.
        key: Consumed whole.

    Raises:
        ValueError: If the rank is below 1.
    """
    if rank < 1:
        raise ValueError(f"The rank is {rank}; give at least 1.")
    return CpWeight(*_uniform([(size, rank) for size in (*layer, latent_dim)], key))


def _uniform(shapes: list[tuple[int, ...]], key: PRNGKeyArray) -> list[Array]:
    keys = jax.random.split(key, len(shapes))
    return [
        jax.random.uniform(key, shape, minval=-_INIT, maxval=_INIT)
        for key, shape in zip(keys, shapes, strict=True)
    ]


def _squares(*factors: Array) -> Float[Array, ""]:
    return sum((jnp.sum(jnp.square(f)) for f in factors), start=jnp.float32(0))
