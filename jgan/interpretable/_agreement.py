"""How well a partition fits: units alike within groups, and unlike between them."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._partition import DEAD, Partition
from jgan.interpretable._regions import HALF, GroupMaps, relative_maps
from jgan.typing import Segmenter


class MapOverlaps(NamedTuple):
    """Counts of the pixels where units are active: a statistic.

    Attributes:
        rest: Of each unit at each place.
        active: Of each unit.
        both: Of two units.
    """

    rest: Float[Array, "row col unit"]
    active: Int[Array, " unit"]
    both: Int[Array, "unit other_unit"]

    def update(self, seen: stats.Seen) -> "MapOverlaps":
        """Returns the counts with one more batch."""
        maps = relative_maps(normalized_maps(seen.activation, self.rest)) > HALF
        counts = seen.weights > 0
        on = (maps & counts[:, None, None, None]).astype(jnp.float32)
        # Exact: a batch has fewer pixels than float32 has whole numbers.
        both = jnp.einsum("nhwu,nhwv->uv", on, on, precision=jax.lax.Precision.HIGHEST)
        both = both.astype(jnp.int32)
        return self.merge(MapOverlaps(self.rest, jnp.diagonal(both), both))

    def merge(self, other: "MapOverlaps") -> "MapOverlaps":
        """Returns the counts of two disjoint sets of images."""
        return MapOverlaps(
            self.rest, self.active + other.active, self.both + other.both
        )

    def iou(self) -> Float[np.ndarray, "unit other_unit"]:
        """Returns intersection over union, 0 of units that are never active."""
        active = np.asarray(self.active, np.float64)
        both = np.asarray(self.both, np.float64)
        return both / np.maximum(active[:, None] + active[None] - both, 1)


def zero_overlaps(rest: Float[ArrayLike, "row col unit"]) -> MapOverlaps:
    """Returns the counts of no images at all, of units with those rests."""
    num_units = np.shape(rest)[-1]
    return MapOverlaps(
        jnp.asarray(rest),
        jnp.zeros(num_units, jnp.int32),
        jnp.zeros((num_units, num_units), jnp.int32),
    )


class Places(NamedTuple):
    """Counts of pixels that are active in an image, and in the next one: a statistic.

    A group that is in the same place in every image needs no concept for that. A batch
    must have two images or more; which is next depends on its size.

    Attributes:
        active: Of each group, in images that have a next one.
        again: In the next image too.
        pixels: Of all those images.
    """

    active: Int[Array, " group"]
    again: Int[Array, " group"]
    pixels: Int[Array, ""]

    def update(self, seen: stats.Seen) -> "Places":
        """Returns the counts with one more batch."""
        on = seen.activation > HALF
        counts = (seen.weights > 0) & (jnp.roll(seen.weights, -1) > 0)
        on = on & counts[:, None, None, None]
        again = on & jnp.roll(seen.activation > HALF, -1, axis=0)
        area = on.shape[1] * on.shape[2]
        return self.merge(
            Places(
                on.sum(axis=(0, 1, 2), dtype=jnp.int32),
                again.sum(axis=(0, 1, 2), dtype=jnp.int32),
                area * counts.sum(dtype=jnp.int32),
            )
        )

    def merge(self, other: "Places") -> "Places":
        """Returns the counts of two disjoint sets of images."""
        return Places(*(a + b for a, b in zip(self, other, strict=True)))

    def area(self) -> Float[np.ndarray, " group"]:
        """Returns the mean share of an image where each group is active."""
        return np.asarray(self.active) / np.maximum(self.pixels, 1)

    def repeated(self) -> Float[np.ndarray, " group"]:
        """Returns intersection over union of a group's places in two images."""
        again = np.asarray(self.again, np.float64)
        # Each image is once the first and once the next.
        return again / np.maximum(2 * np.asarray(self.active) - again, 1)


def zero_places(num_groups: int) -> Places:
    """Returns the counts of no images at all."""
    zero = jnp.zeros(num_groups, jnp.int32)
    return Places(zero, zero, jnp.zeros((), jnp.int32))


class Agreement(NamedTuple):
    """How well a partition fits its layer.

    Attributes:
        within: Mean intersection over union of the maps of two units of one group.
        between: Of two units of different groups.
        by_group: As `within`, of each group; NaN of one of fewer than two units.
        unit_shares: Share of the layer's units that each group has.
        area: Mean share of an image where each group is active.
        repeated: Intersection over union of where each group is in two images. 1 of one
            that is in the same place in all, whatever they show.
        concept_iou: Intersection over union of each group's region and each concept of
            the segmenter; without a segmenter no columns.
        concept_shares: Share of each group's region that shows each concept, likewise.
    """

    within: float
    between: float
    by_group: Float[np.ndarray, " group"]
    unit_shares: Float[np.ndarray, " group"]
    area: Float[np.ndarray, " group"]
    repeated: Float[np.ndarray, " group"]
    concept_iou: Float[np.ndarray, "group concept"]
    concept_shares: Float[np.ndarray, "group concept"]


def agreement(
    gan: Gan,
    partition: Partition,
    *,
    segmenter: Segmenter | None = None,
    categories: Sequence[int] | None = None,
    num_images: int = 512,
    batch_size: int = 32,
    mesh: Mesh | None = None,
    key: PRNGKeyArray,
) -> Agreement:
    """Returns how alike the maps of a group's units are, and what its region shows.

    Args:
        gan: The generator.
        partition: Of one of its layers.
        segmenter: Tells what images show; None leaves concepts out.
        categories: Of its concepts, as `jgan.stats.zero_overlap` has them.
        num_images: Images to look at.
        batch_size: Images at a time, two or more.
        mesh: As `jgan.stats.collect` has it.
        key: Consumed whole. The same key means the same latents.

    Raises:
        ValueError: If the generator has no such layer, an activation is not finite, or
            there are no two units to compare within groups, or between them.
    """
    layer = partition.layer
    stats.check_layers(gan, (layer,))
    rest = jnp.asarray(partition.rest)
    inside = np.equal.outer(partition.groups, np.arange(partition.num_groups))
    shares = jnp.asarray(inside, jnp.float32)
    statistics: dict[str, stats.Accumulator] = {
        "units": zero_overlaps(rest),
        "places": GroupMaps(rest, shares, zero_places(partition.num_groups)),
    }
    if segmenter is not None:
        overlap = stats.zero_overlap(
            np.full(partition.num_groups, HALF),
            num_concepts=len(stats.check_concepts(segmenter)),
            categories=categories,
        )
        statistics["groups"] = GroupMaps(rest, shares, overlap)
    found = stats.collect(
        gan,
        {layer: statistics},
        segmenter=segmenter,
        num_images=num_images,
        batch_size=batch_size,
        mesh=mesh,
        key=key,
    )[layer]
    iou, places = found["units"].iou(), found["places"].inner
    concepts = None if segmenter is None else found["groups"].inner
    none = np.zeros((partition.num_groups, 0))
    return Agreement(
        *_means(iou, partition.groups),
        by_group=np.array([_mean_of_pairs(iou, members) for members in inside.T]),
        unit_shares=inside.mean(axis=0),
        area=places.area(),
        repeated=places.repeated(),
        concept_iou=none if concepts is None else concepts.iou(),
        concept_shares=none if concepts is None else concepts.concept_shares(),
    )


def _means(
    iou: Float[np.ndarray, "unit other_unit"], groups: Int[np.ndarray, " unit"]
) -> tuple[float, float]:
    """Returns the means over pairs within groups, and over pairs between them."""
    alive = groups != DEAD
    pairs = alive[:, None] & alive[None] & ~np.eye(len(groups), dtype=bool)
    same = groups[:, None] == groups[None]
    if not (pairs & same).any() or not (pairs & ~same).any():
        raise ValueError(
            f"{alive.sum()} units that are active lie in groups of "
            f"{np.bincount(groups[alive]).tolist()}; there must be a group of two "
            "units, and two groups. Partition into another number of groups."
        )
    return float(iou[pairs & same].mean()), float(iou[pairs & ~same].mean())


def _mean_of_pairs(
    iou: Float[np.ndarray, "unit other_unit"], members: np.ndarray
) -> float:
    count = members.sum()
    if count < 2:
        return float("nan")
    inner = iou[np.ix_(members, members)]
    return float((inner.sum() - np.trace(inner)) / (count * (count - 1)))
