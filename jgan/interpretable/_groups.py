"""What a training needs of a partition, as arrays: groups, their shares and widths."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from jgan.interpretable._partition import DEAD, Partition
from jgan.typing import Activation


class Groups(NamedTuple):
    """A partition that stays as it is while units move.

    Attributes:
        numbers: Number of each unit's group, `DEAD` of one that is never active.
        shares: Probability of each group for each unit, 0 for dead ones.
        weights: Of the mixture's groups.
        variances: Of each group, in every direction of the descriptors.
        num_components: Dimensions of the descriptors.
    """

    numbers: Int[Array, " unit"]
    shares: Float[Array, "unit group"]
    weights: Float[Array, " group"]
    variances: Float[Array, " group"]
    num_components: Float[Array, ""]

    @classmethod
    def of(cls, partition: Partition) -> "Groups":
        """Returns those of a partition."""
        mixture = partition.fit.mixture
        return cls(
            jnp.asarray(partition.groups, jnp.int32),
            jnp.asarray(partition.shares),
            mixture.weights,
            mixture.variances,
            jnp.float32(mixture.means.shape[1]),
        )

    @classmethod
    def unknown(cls, num_units: int, num_groups: int) -> "Groups":
        """Returns groups without any unit, for the time before there is a partition."""
        return cls(
            jnp.full(num_units, DEAD, jnp.int32),
            jnp.zeros((num_units, num_groups)),
            jnp.full(num_groups, 1 / num_groups),
            jnp.ones(num_groups),
            jnp.ones(()),
        )

    @property
    def alive(self) -> Float[Array, " unit"]:
        """1 of a unit that has a group, and 0 of a dead one."""
        return (self.numbers != DEAD).astype(self.shares.dtype)


def group_centers(
    maps: Activation, shares: Float[Array, "unit group"]
) -> Float[Array, "image row col group"]:
    """Returns the mean map of each group's units, zero for a group without units.

    Args:
        maps: Of units, normalized.
        shares: Of each unit in each group.
    """
    sizes = jnp.maximum(shares.sum(axis=0), 1e-12)
    # Distances are taken of what comes out, which TF32 would have to three digits.
    return jnp.einsum(
        "nhwu,uk->nhwk", maps, shares / sizes[None], precision=jax.lax.Precision.HIGHEST
    )
