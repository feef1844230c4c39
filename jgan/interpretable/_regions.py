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
        shares: Of each unit in each group, 0 or 1.
        inner: What is filled.
    """

    shares: Float[Array, "unit group"]
    inner: stats.Accumulator

    def update(self, seen: stats.Seen) -> "GroupMaps":
        """Returns the statistic with one more batch."""
        maps = group_centers(normalized_maps(seen.activation), self.shares)
        seen = seen._replace(activation=relative_maps(maps))
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
        group: Number of a group, or several.
        latents: Of the images.

    Raises:
        ValueError: If there is no such group.
    """
    numbers = [group] if isinstance(group, int) else [*group]
    shares = jnp.stack(
        [jnp.asarray(units_of(partition, one), jnp.float32) for one in numbers], axis=1
    )
    return _regions(gan, shares, latents, partition.layer)


@functools.partial(jax.jit, static_argnums=3)
def _regions(
    gan: Gan, shares: Float[Array, "unit group"], latents: Any, layer: str
) -> Bool[Array, "image row col"]:
    _, taps = gan.forward(gan.params, latents, None)
    maps = relative_maps(group_centers(normalized_maps(taps[layer]), shares))
    size = (len(maps), gan.resolution, gan.resolution, maps.shape[-1])
    return (jax.image.resize(maps, size, "bilinear") > HALF).any(axis=-1)
