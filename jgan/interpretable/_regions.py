"""Where in an image a group of units is active.

A map is taken to be active where it exceeds half of its largest value in that image, of
a unit as of a group's mean map: a jgan reconstruction, which needs no level that would
be another one after training.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from jgan import stats
from jgan.gan import Gan
from jgan.interpretable._descriptors import normalized_maps
from jgan.interpretable._groups import group_centers
from jgan.interpretable._partition import Partition
from jgan.interpretable._swap import units_of
from jgan.typing import Activation

HALF = 0.5


def relative_maps(maps: Activation) -> Activation:
    """Returns maps, which are not negative, over their largest value in each image.

    A map of zeros stays one.
    """
    largest = maps.max(axis=(1, 2), keepdims=True)
    return maps / jnp.where(largest > 0, largest, 1.0)


class GroupMaps(NamedTuple):
    """A statistic that sees the mean maps of groups, relative to their largest value.

    Attributes:
        rest: Of each unit at each place.
        shares: Of each unit in each group, 0 or 1.
        inner: What is filled.
    """

    rest: Float[Array, "row col unit"]
    shares: Float[Array, "unit group"]
    inner: stats.Accumulator

    def update(self, seen: stats.Seen) -> "GroupMaps":
        """Returns the statistic with one more batch."""
        maps = normalized_maps(seen.activation, self.rest)
        maps = relative_maps(group_centers(maps, self.shares))
        seen = seen._replace(activation=maps)
        return self._replace(inner=self.inner.update(seen))

    def merge(self, other: "GroupMaps") -> "GroupMaps":
        """Returns the statistic of two disjoint sets of images."""
        return self._replace(inner=self.inner.merge(other.inner))


def group_regions(
    gan: Gan, partition: Partition, group: int | Sequence[int], latents: Any
) -> Bool[Array, "image row col"]:
    """Returns the pixels of each image where a group is active, or any of several.

    Args:
        gan: The generator.
        partition: Of one of its layers.
        group: Number of a group, or several; of none, no pixels.
        latents: Of the images.

    Raises:
        ValueError: If there is no such group.
    """
    numbers = [group] if isinstance(group, int | np.integer) else [*group]
    units = [units_of(partition, int(one)) for one in numbers]
    shares = np.stack([np.zeros(len(partition.groups), bool), *units], axis=1)
    shares, rest = jnp.asarray(shares, jnp.float32), jnp.asarray(partition.rest)
    return _regions(gan, rest, shares, latents, partition.layer)


@functools.partial(jax.jit, static_argnums=4)
def _regions(
    gan: Gan,
    rest: Float[Array, "map_row map_col unit"],
    shares: Float[Array, "unit group"],
    latents: Any,
    layer: str,
) -> Bool[Array, "image row col"]:
    _, taps = gan.forward(gan.params, latents, None)
    return active_pixels(normalized_maps(taps[layer], rest), shares, gan.resolution)


def active_pixels(
    maps: Activation, shares: Float[Array, "unit group"], resolution: int
) -> Bool[Array, "image row col"]:
    """Returns the pixels of each image where any group is active.

    Args:
        maps: Normalized maps of the units.
        shares: Of each unit in each group.
        resolution: Of the images.
    """
    centers = relative_maps(group_centers(maps, shares))
    size = (len(maps), resolution, resolution, shares.shape[1])
    return (jax.image.resize(centers, size, "bilinear") > HALF).any(axis=-1)
