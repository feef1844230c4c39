"""How well a network reads scenes it was not trained on.

Scenes are drawn and forgotten batch by batch. Counts of pixels are int64 and sums of
factors float64, on the host.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.segment.scenes.factors import Truth, factor_truth, unstandardize
from jgan.segment.scenes.reader import SceneNetwork
from jgan.worlds.scenes import sample_scenes


class Figures(NamedTuple):
    """How well a network reads scenes.

    Attributes:
        num_images: Scenes that were read.
        mean_iou: Mean of `iou` over the concepts that occur.
        iou: By concept, pixels where truth and reading agree on it as a part of those
            where either has it, all images together. NaN if neither ever has it.
        class_accuracy: Part of the scenes whose class is the likeliest.
        r2: By factor, the part of its variance that is read, at most 1, over the scenes
            where it can be read. NaN if it does not vary there.
    """

    num_images: int
    mean_iou: float
    iou: dict[str, float]
    class_accuracy: float
    r2: dict[str, float]


def evaluate(
    network: SceneNetwork,
    *,
    num_images: int,
    batch_size: int = 100,
    key: PRNGKeyArray,
) -> Figures:
    """Returns the figures of a network on scenes drawn for it.

    Args:
        network: To judge.
        num_images: Scenes to draw, of classes drawn evenly.
        batch_size: Scenes at a time. Another size draws other scenes.
        key: Consumed whole. Give one that training has not seen.

    Raises:
        ValueError: If there is no image to draw, or none at a time.
    """
    if num_images < 1 or batch_size < 1:
        raise ValueError(
            f"num_images is {num_images} and batch_size {batch_size}; both take 1 or "
            "more."
        )
    confusion = np.zeros((len(network.concepts),) * 2, np.int64)
    right, read, values, weights = [], [], [], []
    for start in range(0, num_images, batch_size):
        # The last batch is drawn whole, so that one shape is compiled, and cut.
        size = min(batch_size, num_images - start)
        batch = _batch(
            network, jax.random.fold_in(key, start), jnp.int32(size), batch_size
        )
        confusion += np.asarray(batch.confusion, np.int64)
        right.append(np.asarray(batch.right)[:size])
        read.append(np.asarray(batch.factors)[:size])
        values.append(np.asarray(batch.truth.values)[:size])
        weights.append(np.asarray(batch.truth.weights)[:size])
    iou = iou_of(confusion)
    r2 = _r2(*(np.concatenate(part) for part in (values, read, weights)))
    return Figures(
        num_images=num_images,
        mean_iou=float(np.nanmean(iou)),
        iou=dict(zip(network.concepts, iou.tolist(), strict=True)),
        class_accuracy=float(np.concatenate(right).mean()),
        r2=dict(zip(network.factor_names, r2.tolist(), strict=True)),
    )


class _Batch(NamedTuple):
    confusion: Int[Array, "true read"]
    right: Array
    factors: Float[Array, "image factor"]
    truth: Truth


@functools.partial(jax.jit, static_argnames="batch_size")
def _batch(
    network: SceneNetwork, key: PRNGKeyArray, size: Int[Array, ""], batch_size: int
) -> _Batch:
    scenes = sample_scenes(batch_size, key=key)
    reading = network.read(scenes.images)
    # Label -1 is not counted.
    counts = (jnp.arange(batch_size) < size)[:, None, None]
    true = jnp.where(counts, scenes.segmentation, -1)
    labels = jnp.argmax(reading.scores, axis=-1)
    return _Batch(
        confusion_of(true, labels, num_concepts=len(network.concepts)),
        reading.class_scores.argmax(axis=-1) == scenes.class_label,
        unstandardize(reading.factors),
        factor_truth(scenes),
    )


def confusion_of(
    true: Int[Array, "*place"], read: Int[Array, "*place"], *, num_concepts: int
) -> Int[Array, "true read"]:
    """Returns how many pixels of each true concept are read as each concept, int32.

    Args:
        true: Labels; a pixel whose label is not a concept, such as -1, is not counted.
        read: Labels.
        num_concepts: Both are below.
    """
    known = (true >= 0) & (true < num_concepts)
    cell = jnp.where(known, true * num_concepts + read, num_concepts**2)
    counts = jnp.bincount(jnp.ravel(cell), length=num_concepts**2 + 1)
    return counts[:-1].reshape(num_concepts, num_concepts)


def iou_of(confusion: Int[np.ndarray, "true read"]) -> Float[np.ndarray, " concept"]:
    """Returns intersection over union of each concept, NaN if it never occurs."""
    both = np.diagonal(confusion).astype(np.float64)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    return np.divide(both, either, out=np.full_like(both, np.nan), where=either > 0)


def _r2(
    true: Float[np.ndarray, "image factor"],
    read: Float[np.ndarray, "image factor"],
    weights: Float[np.ndarray, "image factor"],
) -> Float[np.ndarray, " factor"]:
    true, read, weights = (a.astype(np.float64) for a in (true, read, weights))
    mean = (weights * true).sum(axis=0) / np.maximum(weights.sum(axis=0), 1)
    error = (weights * np.square(read - true)).sum(axis=0)
    variance = (weights * np.square(true - mean)).sum(axis=0)
    ratio = np.divide(
        error, variance, out=np.full_like(error, np.nan), where=variance > 0
    )
    return 1 - ratio
