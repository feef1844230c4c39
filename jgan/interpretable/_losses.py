"""What makes the units of a group alike, groups different, and their swaps local.

Li et al. (2022) name a partition loss and an interpretability loss, and publish neither
equation: a jgan reconstruction. These compare normalized maps, so that how strongly a
unit is active is left to the adversarial loss; what a group makes of an image is a
matter of the locality loss. Groups are constants here; `train` finds them anew every so
many steps.
"""

import functools

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from jgan.interpretable._groups import Groups, group_centers
from jgan.typing import Activation, Images

# Differences are taken of products, which TF32 would have to three digits.
_einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)


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


def locality_loss(
    images: Images, swapped: Images, region: Bool[Array, "image row col"]
) -> Float[Array, ""]:
    """Returns how much a swap changes outside of its region, from 0 to 1.

    The mean squared change outside over the sum of that and the one inside, whose ratio
    is `metrics.locality`. That each group alone is to generate its region is how Li et
    al. (2022) describe the interpretability loss; that it is said of the image, too, is
    a jgan reconstruction: maps alone leave open what later layers make of small
    differences elsewhere. Without any change, 0. The region is a constant: groups do
    not become local by being active everywhere.

    Args:
        images: As they are.
        swapped: With a group of another image.
        region: Where the group is active in either.
    """
    change = jnp.square(swapped - images).mean(axis=-1)
    there = region.astype(change.dtype)
    mean = lambda places: (places * change).sum() / jnp.maximum(places.sum(), 1.0)
    inside, outside = mean(there), mean(1 - there)
    # Not 0 / 0: the square of less than a 700th of one of 255 levels.
    return outside / (inside + outside + 1e-10)
