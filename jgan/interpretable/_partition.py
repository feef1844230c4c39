"""Groups of units that are active in the same places, found without any label.

Li et al. (2022) partition the filters of a layer with a Gaussian mixture. How many
groups there are they chose by hand; here descriptors of other images choose, as those
that the mixture was fitted to favor what fits them by chance. Both a jgan
reconstruction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jaxtyping import Float, Int, PRNGKeyArray

from jgan.gan import Gan
from jgan.interpretable._descriptors import Descriptors
from jgan.interpretable._mixture import Fit, fit_mixture, log_densities
from jgan.stats import check_layers

DEAD = -1
_fit = jax.jit(fit_mixture, static_argnames=("num_groups", "num_starts", "num_steps"))


class Partition(NamedTuple):
    """Which group each unit of a layer belongs to.

    Attributes:
        layer: Of the units.
        rest: Of each unit at each place, where it is not active.
        groups: Number of each unit's group, `DEAD` for a unit that is never active.
        shares: Probability of each group for each unit, 0 for dead ones.
        fit: Of the mixture, whose groups have the same numbers.
    """

    layer: str
    rest: Float[np.ndarray, "row col unit"]
    groups: Int[np.ndarray, " unit"]
    shares: Float[np.ndarray, "unit group"]
    fit: Fit

    @property
    def num_groups(self) -> int:
        """Number of groups, the empty ones included."""
        return self.shares.shape[1]

    @property
    def num_dead(self) -> int:
        """Number of units that are never active."""
        return int(np.sum(self.groups == DEAD))


def partition_units(
    descriptors: Descriptors,
    *,
    num_groups: int,
    num_starts: int = 64,
    like: Int[np.ndarray, " unit"] | None = None,
    key: PRNGKeyArray,
) -> Partition:
    """Returns the likeliest partition of a layer's units, the largest group numbered 0.

    Args:
        descriptors: Of the units.
        num_groups: How many; at most the units that are alive.
        num_starts: How many fits to take the best of, all in one program.
        like: Group of each unit as it was before some training, `DEAD` of dead ones.
            Groups are numbered so that as many units as possible keep their number.
        key: Consumed whole.

    Raises:
        ValueError: If there are too few units, or `like` has other units or groups.
    """
    alive = descriptors.alive
    if like is not None and (len(like) != len(alive) or max(like) >= num_groups):
        raise ValueError(
            f"like has {len(like)} units in groups up to {max(like)}; give those of "
            f"the same {len(alive)} units, which are 0 to {num_groups - 1}."
        )
    points = jnp.asarray(descriptors.points)
    fit = _fit(points, num_groups=num_groups, num_starts=num_starts, key=key)
    inside = jax.device_get(jax.nn.softmax(log_densities(points, fit.mixture), axis=1))
    groups = np.full(len(alive), DEAD, np.int32)
    groups[alive] = inside.argmax(axis=1)
    if like is None:
        sizes = np.bincount(groups[alive], minlength=num_groups)
        order = np.argsort(-sizes, kind="stable")
    else:
        order = _matched(groups, np.asarray(like), num_groups)
    number = np.argsort(order).astype(np.int32)
    groups[alive] = number[groups[alive]]
    shares = np.zeros((len(alive), num_groups), np.float32)
    shares[alive] = inside[:, order]
    mixture = jax.tree.map(lambda leaf: leaf[order], fit.mixture)
    return Partition(
        descriptors.layer,
        descriptors.rest,
        groups,
        shares,
        fit._replace(mixture=mixture),
    )


def check_partition(gan: Gan, partition: Partition) -> None:
    """Refuses a partition of other units than the generator has.

    Args:
        gan: The generator.
        partition: Of the units of a layer.

    Raises:
        ValueError: If the generator has no such layer, or other units or places there.
    """
    check_layers(gan, (partition.layer,))
    layer = gan.layers[partition.layer]
    if len(partition.groups) != layer.units:
        raise ValueError(
            f"The partition has {len(partition.groups)} units, and layer "
            f"{partition.layer!r} of {gan.name} has {layer.units}."
        )
    if np.shape(partition.rest) != (layer.rows, layer.cols, layer.units):
        raise ValueError(
            f"The partition has rests of the shape {np.shape(partition.rest)}, and "
            f"layer {partition.layer!r} of {gan.name} has {layer.rows} x {layer.cols} "
            f"places and {layer.units} units. Describe and partition its units."
        )


def _matched(
    groups: Int[np.ndarray, " unit"], before: Int[np.ndarray, " unit"], num_groups: int
) -> Int[np.ndarray, " group"]:
    """Returns which new group takes each number, by Kuhn's assignment (1955)."""
    both = (groups != DEAD) & (before != DEAD)
    shared = np.zeros((num_groups, num_groups), np.int64)
    np.add.at(shared, (before[both], groups[both]), 1)
    _, new = scipy.optimize.linear_sum_assignment(-shared)
    return new


# Numbers of groups: from the parts of a face or a scene to finer ones. A jgan
# reconstruction, as the paper tells only that more groups are of finer concepts.
CANDIDATES = (6, 8, 12, 16)


class GroupCounts(NamedTuple):
    """How well several numbers of groups describe other images.

    Attributes:
        num_groups: What was tried.
        silhouettes: Of each, on the descriptors held out (Rousseeuw, 1987): in [-1, 1],
            1 where units are much nearer to their own group than to the next.
        best: The number with the largest.
    """

    num_groups: tuple[int, ...]
    silhouettes: Float[np.ndarray, " candidate"]
    best: int


def choose_num_groups(
    descriptors: Descriptors,
    held_out: Descriptors,
    *,
    candidates: Sequence[int] = CANDIDATES,
    num_starts: int = 64,
    key: PRNGKeyArray,
) -> GroupCounts:
    """Returns which number of groups describes other images best.

    Args:
        descriptors: Of the layer, to fit.
        held_out: Of the same layer, of other images.
        candidates: Numbers of groups, each at least 2.
        num_starts: As `partition_units` has it.
        key: Consumed whole.

    Raises:
        ValueError: If there are no candidates, one is below 2, or there are too few
            units.
    """
    if not candidates or min(candidates) < 2:
        raise ValueError(
            f"candidates are {tuple(candidates)}; give numbers of 2 or more."
        )
    both = descriptors.alive & held_out.alive
    points = held_out.points[both[held_out.alive]]
    found = []
    for number, one_key in zip(
        candidates, jax.random.split(key, len(candidates)), strict=True
    ):
        partition = partition_units(
            descriptors, num_groups=number, num_starts=num_starts, key=one_key
        )
        found.append(silhouette(points, partition.groups[both]))
    best = candidates[int(np.argmax(found))]
    return GroupCounts(tuple(candidates), np.array(found), best)


def silhouette(
    points: Float[np.ndarray, "point number"], groups: Int[np.ndarray, " point"]
) -> float:
    """Returns the mean silhouette of points (Rousseeuw, 1987), 0 of a single group.

    A point alone in its group counts 0, as published.
    """
    points = np.asarray(points, np.float64)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    inside = np.equal.outer(groups, np.unique(groups))
    sizes = inside.sum(axis=0)
    if len(sizes) < 2:
        return 0.0
    totals = distances @ inside
    own = inside.argmax(axis=1)
    each = np.arange(len(points))
    # A point is at no distance from itself, which does not count as another.
    near = totals[each, own] / np.maximum(sizes[own] - 1, 1)
    others = np.where(inside, np.inf, totals / sizes)
    next_near = others.min(axis=1)
    widths = (next_near - near) / np.maximum(np.maximum(near, next_near), 1e-30)
    return float(np.where(sizes[own] > 1, widths, 0.0).mean())
