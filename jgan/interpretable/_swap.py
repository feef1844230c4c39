"""One concept of an image put into another: the maps of a group of units exchanged.

Li et al. (2022) copy the maps of the target layer's filters in a group from one image
to another and run the rest of the generator: of a face the mouth, or all groups and so
the whole face. What conditions the layers after is not said: a jgan reconstruction.
"""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float

from jgan.gan import Gan
from jgan.interpretable._partition import Partition, check_partition
from jgan.taps import Edit, blend
from jgan.typing import Images


def swap(
    gan: Gan,
    partition: Partition,
    group: int | Sequence[int] | None,
    *,
    source: Any,
    target: Any,
    places: Bool[ArrayLike, "#image map_row map_col"] | None = None,
    conditioned_on: str = "target",
    then: Edit | None = None,
) -> Images:
    """Returns the images of `target` with the maps of some groups from `source`.

    Image `i` has them from image `i` of the source. Other groups and latents of the
    same shapes are no new trace.

    Args:
        gan: The generator.
        partition: Of one of its layers.
        group: Number of a group, or several; none changes nothing, bit for bit, if
            nothing follows. None is the whole layer, units that are never active
            included.
        source: Latents of the images that concepts are taken from.
        target: As many latents, of the images to put them into.
        places: Which of the layer's places are swapped, the same of all images or
            others of each; None for all of them.
        conditioned_on: Whose latents the layers after have, ``"source"`` or
            ``"target"``: their class, style or part of `z`. With the source's, and the
            whole layer swapped, the image is the source where no layer before has a way
            around this one.
        then: An edit of the layer after the swap, for instance of `refine`: a pytree
            of arrays, as those of `jgan.taps` are.

    Raises:
        ValueError: If there is no such group, the numbers of sources and targets
            differ, the partition is of other units or places of another layer, or
            `then` is a function.
    """
    counts = [np.shape(jax.tree.leaves(x)[0])[0] for x in (source, target)]
    if counts[0] != counts[1]:
        raise ValueError(
            f"There are {counts[0]} sources and {counts[1]} targets; give one source "
            "for each target."
        )
    if conditioned_on not in ("source", "target"):
        raise ValueError(
            f"conditioned_on is {conditioned_on!r}; give 'source' or 'target'."
        )
    if any(callable(leaf) for leaf in jax.tree.leaves(then)):
        raise ValueError(
            f"then is {then}, which JAX cannot trace. Give an edit whose fields are "
            "arrays, as those of jgan.taps."
        )
    units = units_of(partition, group)
    check_partition(gan, partition)
    layer = gan.layers[partition.layer]
    mask = jnp.asarray(units, jnp.float32)[None, None, None]
    if places is not None:
        shape = np.shape(places)
        if shape[1:] != (layer.rows, layer.cols) or shape[0] not in (1, counts[1]):
            raise ValueError(
                f"places have the shape {shape}; layer {partition.layer!r} takes "
                f"(1 or {counts[1]}, {layer.rows}, {layer.cols})."
            )
        mask = jnp.asarray(places, jnp.float32)[..., None] * mask
    return exchange(
        gan, mask, source, target, partition.layer, conditioned_on == "source", then
    )


def units_of(
    partition: Partition, group: int | Sequence[int] | None
) -> Bool[np.ndarray, " unit"]:
    """Returns which units are in a group, in any of several, or with None all.

    Raises:
        ValueError: If there is no such group.
    """
    if group is None:
        return np.ones(len(partition.groups), bool)
    wanted = [group] if isinstance(group, int | np.integer) else [*group]
    unknown = [int(g) for g in wanted if not 0 <= g < partition.num_groups]
    if unknown:
        raise ValueError(
            f"There is no group {unknown}. They are 0 to {partition.num_groups - 1}."
        )
    return np.isin(partition.groups, wanted)


@functools.partial(jax.jit, static_argnums=(4, 5))
def exchange(
    gan: Gan,
    mask: Float[Array, "#image #map_row #map_col unit"],
    source: Any,
    target: Any,
    layer: str,
    to_target: bool,
    then: Edit | None = None,
) -> Images:
    """Returns what `swap` does, for a mask of units and places.

    Args:
        gan: The generator.
        mask: 1 of what is from the source, 0 of what is from the target.
        source: Latents.
        target: Latents.
        layer: Of the units.
        to_target: Whether the target's units are put into the source's image, and not
            the source's into the target's.
        then: An edit of the layer after it, or None.
    """
    giver, taker = (target, source) if to_target else (source, target)
    share = 1 - mask if to_target else mask
    _, taps = gan.forward(gan.params, giver, None)
    edit = blend(share, taps[layer])
    edits = [edit] if then is None else [edit, then]
    return gan.forward(gan.params, taker, {layer: edits})[0]
