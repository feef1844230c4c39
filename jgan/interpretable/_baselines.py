"""Whether swaps stay where their concept is, and what other swaps would do.

Li et al. (2022) compare the squared change outside of the concept's region with that
inside. The region here is where the group is active in either image (`group_regions`):
a jgan reconstruction. Beside each group, as many units drawn at random are swapped, and
the pixels of the region are pasted, which changes nothing outside because nothing can.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan import metrics
from jgan.gan import Gan
from jgan.interpretable._partition import DEAD, Partition
from jgan.interpretable._regions import group_regions
from jgan.interpretable._swap import exchange, units_of

_Pictures = Float[np.ndarray, "image row col 3"]


class Swaps(NamedTuple):
    """Pairs of images, and some groups swapped between them in several ways.

    Attributes:
        source: Images that the groups are taken from.
        target: Images that they are put into.
        region: Pixels where one of the groups is active in either.
        swapped: The groups' units swapped.
        random: As many units swapped, drawn from the others that are alive; from all
            where there are not as many others.
        pasted: The source's pixels in the region, and the target's outside.
    """

    source: _Pictures
    target: _Pictures
    region: Bool[np.ndarray, "image row col"]
    swapped: _Pictures
    random: _Pictures
    pasted: _Pictures


def swap_pairs(
    gan: Gan,
    partition: Partition,
    group: int | Sequence[int],
    *,
    same_class: bool = False,
    num_pairs: int = 128,
    batch_size: int = 32,
    key: PRNGKeyArray,
) -> Swaps:
    """Returns images with a group swapped, or several at once, and the baselines.

    Args:
        gan: The generator.
        partition: Of one of its layers.
        group: Number of a group, or several.
        same_class: Whether both images of a pair are of one class, in a generator that
            has classes. What a class decides, such as the color of its ground, such a
            swap does not show.
        num_pairs: How many, rounded up to whole batches.
        batch_size: Pairs at a time.
        key: Consumed whole. The same key means the same latents, of any partition.

    Raises:
        ValueError: If there is no such group, or there are no units in any.
    """
    members = units_of(partition, group)
    if not members.any():
        raise ValueError(f"Group {group} has no units, and so no swap.")
    units_key, pairs_key = jax.random.split(key)
    alive, count = partition.groups != DEAD, int(members.sum())
    others = np.flatnonzero(alive & ~members)
    pool = others if len(others) >= count else np.flatnonzero(alive)
    drawn = jax.random.choice(units_key, pool, (count,), replace=False)
    others = np.isin(np.arange(len(members)), drawn)
    masks = [
        jnp.asarray(mask, jnp.float32)[None, None, None] for mask in (members, others)
    ]
    batches = [
        _batch(gan, partition, group, masks, same_class, batch_size, one)
        for one in jax.random.split(pairs_key, -(-num_pairs // batch_size))
    ]
    return Swaps(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))


def _batch(
    gan: Gan,
    partition: Partition,
    group: int | Sequence[int],
    masks: list[Float[Array, "1 1 1 unit"]],
    same_class: bool,
    num_pairs: int,
    key: PRNGKeyArray,
) -> Sequence[Array]:
    """Returns the fields of `Swaps`."""
    source, target = latent_pairs(gan, num_pairs, same_class=same_class, key=key)
    swapped, random = (
        exchange(gan, mask, source, target, partition.layer, False) for mask in masks
    )
    nothing = jnp.zeros_like(masks[0])
    images = lambda latents: exchange(
        gan, nothing, latents, latents, partition.layer, False
    )
    ours, theirs = images(source), images(target)
    region = group_regions(gan, partition, group, source)
    region = region | group_regions(gan, partition, group, target)
    pasted = jnp.where(region[..., None], ours, theirs)
    return ours, theirs, region, swapped, random, pasted


def latent_pairs(
    gan: Gan, num_pairs: int, *, same_class: bool = False, key: PRNGKeyArray
) -> tuple[Any, Any]:
    """Returns as many sources as targets.

    Args:
        gan: The generator.
        num_pairs: How many.
        same_class: As `swap_pairs` has it.
        key: Consumed whole.
    """
    source_key, target_key = jax.random.split(key)
    source = gan.sample_latents(num_pairs, key=source_key)
    labels: Int[Array, " image"] | None = (
        source.class_label if same_class and gan.num_classes else None
    )
    target = gan.sample_latents(num_pairs, class_label=labels, key=target_key)
    return source, target


def swap_locality(swaps: Swaps) -> tuple[float, float]:
    """Returns the locality of the swaps and of random ones; see `metrics.locality`.

    NaN where the region is nowhere or everywhere, or nothing in it changes.

    Args:
        swaps: From `swap_pairs`.
    """

    def ratio(after: _Pictures) -> float:
        changed = np.any(after != swaps.target, axis=-1)
        if not (changed & swaps.region).any() or swaps.region.all():
            return float("nan")
        return metrics.locality(swaps.target, after, swaps.region)

    return ratio(swaps.swapped), ratio(swaps.random)
