"""How the classes of a generator share channels, in numbers."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import awareness
from jgan.gan import Gan
from jgan.report.awareness.choose import Estimator, leading_channels
from jgan.report.batch_size import images_that_fit

# A tenth of the channels are said to be a class's own, as in the zeroing test.
_OWN_SHARE = 0.1
# Images of each class to hold against the analytic estimate, and the most classes for
# it: 1,000 classes would take a night on two cores.
_MEASURED, _MOST_MEASURED = 32, 40


class Neighbor(NamedTuple):
    """A class, and the class most like it.

    Attributes:
        label: The class.
        other: The class whose contrast correlates most.
        correlation: Of the two.
        shared: Jaccard index of the tenth of the channels that serve each most.
    """

    label: int
    other: int
    correlation: float
    shared: float


class TopChannel(NamedTuple):
    """The channel that sets a class apart most, of all layers."""

    label: int
    layer: str
    channel: int
    contrast: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Structure:
    """What the numbers say of the classes, before any image is edited.

    Attributes:
        estimator: Of awareness.
        num_latents: For it.
        chosen: Labels of the classes that are shown one by one.
        values: Awareness, by layer, of all classes.
        contrast: Of that.
        similarity: Of all classes.
        total: Awareness of each class, summed over all channels.
        neighbors: Of each class chosen.
        top: Of each class chosen.
        decomposition: By layer; None without class-conditional layers.
        gaps: Between the analytic estimate and a measured one, by layer; None if the
            estimate is another, or there are too many classes.
    """

    estimator: Estimator
    num_latents: int
    chosen: tuple[int, ...]
    values: Mapping[str, Float[np.ndarray, "class _unit"]]
    contrast: Mapping[str, Float[np.ndarray, "class _unit"]]
    similarity: awareness.Similarity
    total: Float[np.ndarray, " class"]
    neighbors: tuple[Neighbor, ...]
    top: tuple[TopChannel, ...]
    decomposition: Mapping[str, awareness.Decomposition] | None
    gaps: Mapping[str, awareness.Gap] | None


def compare_classes(
    gan: Gan,
    chosen: tuple[int, ...],
    *,
    estimator: Estimator,
    num_latents: int,
    key: PRNGKeyArray,
) -> Structure:
    """Returns how classes share channels.

    Args:
        gan: The generator.
        chosen: Classes to say more of.
        estimator: Of awareness.
        num_latents: For each class.
        key: Consumed whole.

    Raises:
        ValueError: If all classes have the same awareness, or one has the mean of all
            in every channel.
    """
    awareness_key, latents_key, measured_key = jax.random.split(key, 3)
    batch_size = images_that_fit(gan)
    values = awareness.channel_awareness(
        gan,
        estimator=estimator,
        num_latents=num_latents,
        batch_size=batch_size,
        key=awareness_key,
    )
    contrast = awareness.contrast(values)
    _check_differences(gan, contrast)
    similarity = awareness.class_similarity(contrast)
    decomposition = gaps = None
    if gan.conditional_layers:
        decomposition = awareness.decompose_awareness(
            # A variance over latents takes two.
            gan,
            num_latents=max(2, num_latents),
            key=latents_key,
        )
    if estimator == "analytic" and gan.num_classes <= _MOST_MEASURED:
        measured = awareness.channel_awareness(
            gan,
            estimator="empirical",
            num_latents=min(_MEASURED, num_latents),
            batch_size=batch_size,
            key=measured_key,
        )
        gaps = awareness.estimate_gaps(values, measured)
    return Structure(
        estimator=estimator,
        num_latents=num_latents,
        chosen=chosen,
        values=values,
        contrast=contrast,
        similarity=similarity,
        total=awareness.total_awareness(values),
        neighbors=_neighbors(values, similarity, chosen),
        top=tuple(_top(contrast, label) for label in chosen),
        decomposition=decomposition,
        gaps=gaps,
    )


def _check_differences(
    gan: Gan, contrast: Mapping[str, Float[np.ndarray, "class _unit"]]
) -> None:
    apart = np.any([one.any(axis=1) for one in contrast.values()], axis=0)
    if not apart.any():
        raise ValueError(
            f"No channel of {gan.name} tells its classes apart: their awareness is the "
            "same. Look at this generator with `jgan tour`."
        )
    if not apart.all():
        label = int(np.flatnonzero(~apart)[0])
        raise ValueError(
            f"Class {gan.class_names[label]} of {gan.name} has the mean awareness of "
            "all classes in every channel, so it is like none of them. Look at the "
            "others in Python, with `jgan.awareness.contrast` and `class_similarity`."
        )


def _neighbors(
    values: Mapping[str, Float[np.ndarray, "class _unit"]],
    similarity: awareness.Similarity,
    chosen: tuple[int, ...],
) -> tuple[Neighbor, ...]:
    own = leading_channels(values, share=_OWN_SHARE)
    found = []
    for label in chosen:
        others = similarity.correlation[label].copy()
        others[label] = -np.inf
        other = int(others.argmax())
        pair = {name: rows[[label, other]] for name, rows in own.items()}
        shared = float(awareness.class_overlap(pair)[0, 1])
        found.append(Neighbor(label, other, float(others[other]), shared))
    return tuple(found)


def _top(
    contrast: Mapping[str, Float[np.ndarray, "class _unit"]], label: int
) -> TopChannel:
    layer = max(contrast, key=lambda name: contrast[name][label].max())
    channel = int(contrast[layer][label].argmax())
    return TopChannel(label, layer, channel, float(contrast[layer][label, channel]))
