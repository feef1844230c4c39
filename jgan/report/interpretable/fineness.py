"""How fine groups are if there are more or fewer (Li et al., 2022, figure 4)."""

from typing import Any, NamedTuple

import jax
from jaxtyping import PRNGKeyArray

from jgan import interpretable
from jgan.gan import Gan
from jgan.interpretable import CANDIDATES


class Fineness(NamedTuple):
    """A number of groups, and what groups are like then.

    Attributes:
        num_groups: How many.
        silhouette: On other images than groups were found on; see `silhouette`.
        within: Overlap of units within groups.
        area: Mean share of an image where a group that has units is active, smaller
            for finer ones.
    """

    num_groups: int
    silhouette: float
    within: float
    area: float


def fineness(
    gan: Gan, layer: str, *, num_images: int, batch_size: int, key: PRNGKeyArray
) -> list[Fineness]:
    """Returns what groups are like for each usual number of them, fewest first.

    Numbers that the layer has too few active units for are left out.

    Args:
        gan: The generator.
        layer: Of it.
        num_images: To describe units on, and as many others to compare on.
        batch_size: Images at a time, two or more.
        key: Consumed whole.
    """
    seen_key, others_key, starts_key, images_key = jax.random.split(key, 4)
    sizes: Any = {"num_images": num_images, "batch_size": batch_size}
    seen = interpretable.describe_units(gan, layer, **sizes, key=seen_key)
    others = interpretable.describe_units(gan, layer, **sizes, key=others_key)
    both = seen.alive & others.alive
    points = others.points[both[others.alive]]
    found = []
    for number in CANDIDATES:
        # With as many groups as units, none has two to compare.
        if number >= both.sum():
            break
        partition = interpretable.partition_units(
            seen, num_groups=number, key=starts_key
        )
        agreement = interpretable.agreement(gan, partition, **sizes, key=images_key)
        found.append(
            Fineness(
                number,
                interpretable.silhouette(points, partition.groups[both]),
                agreement.within,
                float(agreement.area[agreement.unit_shares > 0].mean()),
            )
        )
    return found
