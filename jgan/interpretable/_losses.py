"""What makes the units of a group alike, and groups different.

Li et al. (2022) name a partition loss and an interpretability loss, and publish neither
equation: a jgan reconstruction. All of them compare normalized maps, so that how
strongly a unit is active is left to the adversarial loss. Groups are constants here;
`train` finds them anew every so many steps.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int

from jgan.interpretable._groups import Groups, group_centers
from jgan.typing import Activation

# The median is then within a 4,000th of a unit's range; a sort takes 80 times as long.
_HALVINGS = 12
# Differences are taken of products, which TF32 would have to three digits.
_einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)


def rest_of(activation: Activation) -> Float[Array, " unit"]:
    """Returns the median of each unit over images and places, with the mean's slope.

    What a unit is compared with has to move with it: off a rest that stays, units would
    be anywhere else, and all losses small, without one that is active elsewhere.

    Args:
        activation: Of a layer.
    """
    values = jax.lax.stop_gradient(activation).reshape(-1, activation.shape[-1])

    def halve(_: Int[ArrayLike, ""], bounds: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bounds
        middle = (low + high) / 2
        above = (values < middle[None]).mean(axis=0) < 0.5
        return jnp.where(above, middle, low), jnp.where(above, high, middle)

    bounds = values.min(axis=0), values.max(axis=0)
    low, high = jax.lax.fori_loop(0, _HALVINGS, halve, bounds)
    mean = activation.mean(axis=(0, 1, 2))
    return mean + jax.lax.stop_gradient((low + high) / 2 - mean)


def partition_loss(maps: Activation, groups: Groups) -> Float[Array, ""]:
    """Returns how unlikely units are where they are, for the mixture of their groups.

    The negative logarithm of Gaussians about the mean maps of groups in these images,
    as many-dimensional and as wide as those of the descriptors, mean over units and
    dimensions and without the constant.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition.
    """
    centers = group_centers(maps, groups.shares)
    # Squares of differences, multiplied out: the differences are of every unit to
    # every center at every place.
    products = _einsum("nhwu,nhwk->uk", maps, centers)
    of_units = jnp.square(maps).sum(axis=(0, 1, 2))
    of_centers = jnp.square(centers).sum(axis=(0, 1, 2))
    squares = (of_units[:, None] - 2 * products + of_centers[None]) / len(maps)
    variances, count = groups.variances[None], groups.num_components
    log_density = jnp.log(groups.weights)[None] - 0.5 * (
        squares / variances + count * jnp.log(variances)
    )
    unlikely = -jax.nn.logsumexp(log_density, axis=1)
    return (groups.alive * unlikely).sum() / (count * _at_least_1(groups))


def _at_least_1(groups: Groups) -> Float[Array, ""]:
    return jnp.maximum(groups.alive.sum(), 1.0)


def exclusivity_loss(maps: Activation, groups: Groups) -> Float[Array, ""]:
    """Returns how much groups are active in the same places, from 0 to 1.

    The cosine of the mean maps of two groups in an image, mean over pairs of groups and
    images. What the units of a group have in common is left to the partition loss.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition; each unit counts for the group that it is in.
    """
    num_groups = groups.shares.shape[1]
    centers = group_centers(maps, jax.nn.one_hot(groups.numbers, num_groups))
    lengths = jnp.sqrt(jnp.square(centers).sum(axis=(1, 2)) + 1e-12)
    products = _einsum("nhwk,nhwl->nkl", centers, centers)
    cosines = products / (lengths[:, :, None] * lengths[:, None])
    others = 1 - jnp.eye(num_groups)[None]
    pairs = max(1, num_groups * (num_groups - 1))
    return (others * cosines).sum(axis=(1, 2)).mean() / pairs


def ownership_loss(maps: Activation, groups: Groups) -> Float[Array, ""]:
    """Returns the share of units' activity that is where another group is the active one.

    Every place of an image is shared out among groups, by the squares of their mean
    maps there. Of each unit, the squares of its map where its own group has the place
    count for it, and the others against it: from 0 to 1.

    Args:
        maps: Normalized maps of the units.
        groups: Of the partition; each unit counts for the group that it is in.
    """
    inside = jax.nn.one_hot(groups.numbers, groups.shares.shape[1])
    squares = jnp.square(group_centers(maps, inside))
    owners = squares / (squares.sum(axis=-1, keepdims=True) + 1e-12)
    owned = _einsum("nhwu,nhwk,uk->", jnp.square(maps), owners, inside)
    return 1 - owned / (len(maps) * _at_least_1(groups))


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
    likeness = _einsum("pu,pv->uv", standard, standard) + 1
    inside = jax.nn.one_hot(groups.numbers, groups.shares.shape[1])
    own = _einsum("uk,uv,vk->k", inside, likeness, inside)
    every = _einsum("uk,uv,v->k", inside, likeness, groups.alive)
    filled = (inside.sum(axis=0) > 0).astype(own.dtype)
    shares = own / jnp.maximum(every, 1e-12)
    return -(filled * shares).sum() / jnp.maximum(filled.sum(), 1.0)
