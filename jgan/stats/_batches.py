"""What every pass over batches of images needs: cutting latents, and refusing."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import ArrayLike, Bool, Int

from jgan.gan import Gan
from jgan.typing import Segmenter


def select_latents(latents: Any, numbers: Int[ArrayLike, " image"]) -> Any:
    """Returns the latents of the given images. The numbers may be traced."""
    return jax.tree.map(functools.partial(jnp.take, indices=numbers, axis=0), latents)


def check_layers(gan: Gan, layers: Sequence[str]) -> None:
    """Refuses layers that a generator does not have.

    Raises:
        ValueError: If there is such a name; the message lists the layers.
    """
    unknown = [name for name in layers if name not in gan.layers]
    if unknown:
        raise ValueError(
            f"{gan.name} has no layer {', '.join(map(repr, unknown))}. The layers are: "
            f"{', '.join(gan.layers)}."
        )


def check_finite(finite: Mapping[str, Bool[ArrayLike, ""]], *, batch: int) -> None:
    """Refuses activations that are infinite or NaN.

    Args:
        finite: Whether each layer's activation is, in forward order.
        batch: Number of the batch, from 0.

    Raises:
        ValueError: If one is not; the message names the first such layer.
    """
    for name, is_finite in finite.items():
        if not np.asarray(is_finite):
            raise ValueError(
                f"The activation of layer {name!r} is not finite in batch {batch}. "
                "Look for NaN in the parameters, and for values that overflow."
            )


def check_concepts(segmenter: Segmenter) -> tuple[str, ...]:
    """Returns the names of the concepts, which must be some.

    Raises:
        ValueError: If there is none.
    """
    concepts = tuple(segmenter.concepts)
    if not concepts:
        raise ValueError("The segmenter has no concepts; it needs at least one.")
    return concepts


def check_labels(segmenter: Segmenter, lowest: int, highest: int) -> None:
    """Refuses labels that name no concept.

    Raises:
        ValueError: If the lowest or the highest is none.
    """
    known = len(segmenter.concepts)
    if lowest < -1 or highest >= known:
        raise ValueError(
            f"The segmenter gives labels {lowest} to {highest} and has {known} "
            f"concepts: a label is 0 to {known - 1}, or -1 for none."
        )
