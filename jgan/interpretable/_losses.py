"""What makes the units of a group alike, and groups different.

Li et al. (2022) name a partition loss and an interpretability loss, and publish neither
equation: a jgan reconstruction. All of them compare normalized maps, so that how
strongly a unit is active is left to the adversarial loss. Groups are constants here;
`train` finds them anew every so many steps.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.interpretable._groups import Groups, group_centers
from jgan.typing import Activation


def partition_loss(
    maps: Activation, groups: Groups, *, num_components: int
) -> Float[Array, ""]:
    """Returns how unlikely units are where they are, for the mixture of their groups.

    The negative logarithm of the mixture's density, mean over units and dimensions of
    the descriptors, without the constant. Groups are centered where their units are in
    these images, weights and variances are those of the partition.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition.
        num_components: Dimensions of the descriptors that it is of.
    """
    centers = group_centers(maps, groups.shares)
    # Squares of differences, multiplied out: the differences are of every unit to
    # every center at every place.
    products = jnp.einsum("nhwu,nhwk->uk", maps, centers)
    of_units = jnp.square(maps).sum(axis=(0, 1, 2))
    of_centers = jnp.square(centers).sum(axis=(0, 1, 2))
    squares = (of_units[:, None] - 2 * products + of_centers[None]) / len(maps)
    variances = groups.variances[None]
    log_density = jnp.log(groups.weights)[None] - 0.5 * (
        squares / variances + num_components * jnp.log(variances)
    )
    unlikely = -jax.nn.logsumexp(log_density, axis=1)
    return (groups.alive * unlikely).sum() / (num_components * _at_least_1(groups))


def _at_least_1(groups: Groups) -> Float[Array, ""]:
    return jnp.maximum(groups.alive.sum(), 1.0)


def exclusivity_loss(maps: Activation, groups: Groups) -> Float[Array, ""]:
    """Returns how much units stray from their group, and groups are in one place.

    In every image, the squared distance of units to their group's mean map, plus the
    cosine of the mean maps of two groups; means over units, pairs of groups and images.
    Either is in [0, 1], the less the better.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition; each unit counts for the group that it is in.
    """
    num_groups = groups.shares.shape[1]
    inside = jax.nn.one_hot(groups.numbers, num_groups)
    centers = group_centers(maps, inside)
    squares = jnp.square(centers).sum(axis=(1, 2))
    # For units of a group, what their squares exceed the squared mean by.
    sizes = inside.sum(axis=0)
    spread = jnp.square(maps).sum(axis=(1, 2)).sum(axis=1) - squares @ sizes
    within = spread.mean() / _at_least_1(groups)
    lengths = jnp.sqrt(squares + 1e-12)
    products = jnp.einsum("nhwk,nhwl->nkl", centers, centers)
    cosines = products / (lengths[:, :, None] * lengths[:, None])
    others = 1 - jnp.eye(num_groups)[None]
    pairs = max(1, num_groups * (num_groups - 1))
    return within + (others * cosines).sum(axis=(1, 2)).mean() / pairs


def similarity_loss(maps: Activation, groups: Groups) -> Float[Array, ""]:
    """Returns minus the share of units' likeness that is with their own group.

    As the loss of icCNN (Shen et al., 2021) has it: the likeness of two units is the
    correlation of their maps over all images and places, plus 1; for each group, the
    likeness within the group over that of its units with all. Mean over groups.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition; each unit counts for the group that it is in.
    """
    flat = maps.reshape(-1, maps.shape[-1])
    centered = flat - flat.mean(axis=0, keepdims=True)
    scale = jnp.sqrt(jnp.square(centered).sum(axis=0, keepdims=True) + 1e-12)
    standard = centered / scale
    likeness = standard.T @ standard + 1
    inside = jax.nn.one_hot(groups.numbers, groups.shares.shape[1])
    alive = groups.alive
    own = jnp.einsum("uk,uv,vk->k", inside, likeness, inside)
    every = jnp.einsum("uk,uv,v->k", inside, likeness, alive)
    filled = (inside.sum(axis=0) > 0).astype(own.dtype)
    shares = own / jnp.maximum(every, 1e-12)
    return -(filled * shares).sum() / jnp.maximum(filled.sum(), 1.0)
