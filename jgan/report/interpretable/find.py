"""All that the page shows of groups of units, as numbers and images."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from jgan import images as pictures, interpretable, metrics
from jgan.gan import Gan
from jgan.interpretable import (
    Agreement,
    EnergyGap,
    Learned,
    Originals,
    Partition,
    Swaps,
)
from jgan.report.batch_size import images_that_fit
from jgan.report.interpretable.faces import Faces, groups_of_the_face, identities
from jgan.report.interpretable.fineness import Fineness, fineness
from jgan.segment import FaceIdentity
from jgan.typing import Activation, Images, Segmenter
from jgan.worlds import World

_SHOWN, _SHOWN_PAIRS, _PAIRS = 4, 3, 128
_DESCRIBED, _DISTANCE_BATCH = 512, 50
_GENERATED = "other images of the generator before"


class Shown(NamedTuple):
    """A generator, as the page compares it with another.

    Attributes:
        rest: Of the layer's units at each place.
        images: A few images.
        maps: The layer's activation in them.
        agreement: How well the partition fits.
        locality: Of the swaps of each group, NaN of one without units.
        random_locality: Of as many random units.
        class_locality: Of the swaps of each group between images of one class; NaN
            without classes.
        distance: Fréchet distance to the images compared with; NaN if nothing measures
            it.
    """

    rest: Float[np.ndarray, "map_row map_col unit"]
    images: UInt8[np.ndarray, "shown row col 3"]
    maps: Float[np.ndarray, "shown map_row map_col unit"]
    agreement: Agreement
    locality: Float[np.ndarray, " group"]
    random_locality: Float[np.ndarray, " group"]
    class_locality: Float[np.ndarray, " group"]
    distance: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What was found.

    Attributes:
        layer: Whose units are partitioned.
        partition: Of the units as they are after training, used for both.
        given: Whether it was given, and not found here.
        concepts: Names of what the segmenter tells apart; none without one.
        compared_with: What Fréchet distances are to: real images or, without data,
            others of the generator before.
        after: The generator.
        before: What it was made of.
        swaps: By number of group, pairs of images of the generator after training.
        energy_gap: How often the energy model of the training tells corrupted
            activations of the generator before; None without one.
        distances: Fréchet distances of the pairs' images, all groups together: as they
            are, swapped, and with regions pasted. They are of fewer images than the
            generators', and compare with each other alone.
        fineness: Of the generator after training, for other numbers of groups too.
        faces: Whether faces swapped whole are still the same persons'; None if nothing
            tells, or no group is the face's.
    """

    layer: str
    partition: Partition
    given: bool
    concepts: tuple[str, ...]
    compared_with: str
    after: Shown
    before: Shown
    swaps: Mapping[int, Swaps]
    energy_gap: EnergyGap | None
    distances: Mapping[str, float]
    fineness: list[Fineness]
    faces: Faces | None


def find_interpretable(
    gan: Gan,
    before: Gan,
    layer: str,
    *,
    num_groups: int,
    learned: Learned | None,
    segmenter: Segmenter | None,
    features: metrics.Features | None,
    identity: FaceIdentity | None,
    world: World,
    num_images: int,
    progress: Callable[[str, float], None],
    key: PRNGKeyArray,
) -> Found:
    """Returns what the groups of a layer's units are, before and after training.

    Args:
        gan: The generator after training.
        before: The generator that it was made of.
        layer: Of both.
        num_groups: Into how many groups units are partitioned.
        learned: Of the training, of that layer and as many groups; None partitions the
            units after training.
        segmenter: Tells concepts; None leaves them out.
        features: What Fréchet distances are taken on; None leaves them out.
        identity: Tells persons apart; None leaves them out.
        world: Real images to compare with.
        num_images: For each distance, rounded up to whole batches.
        progress: Told what is done, and the share.
        key: Consumed whole.
    """
    keys = jax.random.split(key, 10)
    # With a single image, nothing is compared with another one's.
    batch = max(2, images_that_fit(gan))
    progress("partitioning", 0.0)
    sizes: Any = {"num_images": _DESCRIBED, "batch_size": batch, "key": keys[0]}
    if learned is not None:
        partition = learned.partition
    else:
        partition = interpretable.partition_units(
            interpretable.describe_units(gan, layer, **sizes),
            num_groups=num_groups,
            key=keys[1],
        )
    filled = [g for g in range(num_groups) if np.isin(g, partition.groups)]
    reals = None
    if features is not None:
        progress("looking at real images", 0.1)
        reals = metrics.collect_features(
            features,
            (
                world.sample(_DISTANCE_BATCH, key=one).images
                for one in jax.random.split(keys[2], -(-num_images // _DISTANCE_BATCH))
            ),
        )

    def distance(batches: Iterable[Images]) -> float:
        if features is None or reals is None:
            return float("nan")
        made = metrics.collect_features(features, batches)
        return metrics.frechet_distance(reals, made)

    def show(one: Gan, start: float) -> tuple[Shown, dict[int, Swaps]]:
        progress("comparing units", start)
        # The same groups, but each generator's units are at rest where they are.
        own = partition._replace(rest=interpretable.rest_levels(one, layer, **sizes))
        swap = functools.partial(
            interpretable.swap_pairs,
            one,
            own,
            num_pairs=_PAIRS,
            batch_size=batch,
            key=keys[3],
        )
        swaps = {group: swap(group) for group in filled}
        local = np.full((num_groups, 3), np.nan)
        for group, pairs in swaps.items():
            local[group, :2] = interpretable.swap_locality(pairs)
            if one.num_classes:
                alike = swap(group, same_class=True)
                local[group, 2], _ = interpretable.swap_locality(alike)
        progress("making images", start + 0.2)
        draw = functools.partial(one.sample_latents, _SHOWN, key=keys[4])
        images, maps = _forward(one, draw(), layer)
        count = -(-num_images // _DISTANCE_BATCH)
        make = lambda drawn: _generate(one, drawn)
        shown = Shown(
            rest=own.rest,
            images=pictures.to_uint8(np.asarray(images)),
            maps=np.asarray(maps),
            agreement=interpretable.agreement(
                one,
                own,
                segmenter=segmenter,
                num_images=256,
                batch_size=batch,
                key=keys[5],
            ),
            locality=local[:, 0],
            random_locality=local[:, 1],
            class_locality=local[:, 2],
            distance=distance(map(make, jax.random.split(keys[6], count))),
        )
        return shown, swaps

    now, swaps = show(gan, 0.2)
    then, _ = show(before, 0.55)
    progress("trying other numbers of groups", 0.85)
    counts = fineness(gan, layer, num_images=256, batch_size=batch, key=keys[9])
    concepts = () if segmenter is None else tuple(segmenter.concepts)
    faces, groups = None, groups_of_the_face(now.agreement, concepts)
    if identity is not None and groups:
        progress("telling persons apart", 0.9)
        of = lambda one, shown: identities(
            one, partition._replace(rest=shown.rest), groups, identity, key=keys[7]
        )
        faces = Faces(groups, before=of(before, then), after=of(gan, now))
    every = lambda field: [jnp.asarray(getattr(s, field)) for s in swaps.values()]
    return Found(
        layer=layer,
        partition=partition,
        given=learned is not None,
        concepts=concepts,
        compared_with=_GENERATED if isinstance(world, Originals) else "real images",
        after=now,
        before=then,
        swaps={
            group: jax.tree.map(lambda x: x[:_SHOWN_PAIRS], pairs)
            for group, pairs in swaps.items()
        },
        energy_gap=None
        if learned is None
        else interpretable.energy_gap(before, learned, batch_size=batch, key=keys[8]),
        distances={
            "as they are": distance(every("target")),
            "swapped": distance(every("swapped")),
            "pasted": distance(every("pasted")),
        },
        fineness=counts,
        faces=faces,
    )


@jax.jit
def _generate(gan: Gan, key: PRNGKeyArray) -> Images:
    latents = gan.sample_latents(_DISTANCE_BATCH, key=key)
    return gan.forward(gan.params, latents, None)[0]


@functools.partial(jax.jit, static_argnums=2)
def _forward(gan: Gan, latents, layer: str) -> tuple[Images, Activation]:
    images, taps = gan.forward(gan.params, latents, None)
    return images, taps[layer]
