"""How well a generator of scenes makes what the renderer makes.

The scenes network reads the generated images; the renderer's own labels say how often a
concept should appear, and two independent sets of its images how good any figure of a
finite sample can be.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.metrics._by_class import ClassPerformance, class_performance
from jgan.metrics._frechet import frechet_distance
from jgan.metrics._neighbors import precision_recall
from jgan.segment.scenes import SceneNetwork
from jgan.typing import Images
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, sample_scenes

# Below a hundredth of all pixels a concept's share is as much the network's error as
# the generator's.
_COMMON = 0.01

Generate = Callable[[Int[Array, " image"], PRNGKeyArray], Images]


class ScenesFigures(NamedTuple):
    """How generated scenes compare with rendered ones.

    Attributes:
        num_images: Generated, and in each of two rendered sets.
        class_accuracy: Part of the images that are read as the class asked for; None
            for a generator that takes no class.
        concept_frequency: By concept, its part of all generated pixels as read.
        true_frequency: By concept, its part of all rendered pixels, by their labels.
        concept_frequency_error: Largest error of a frequency relative to the true one,
            of concepts that take at least a hundredth of all rendered pixels.
        precision: Of generated images, how many rendered ones cover.
        recall: Of rendered images, how many generated ones cover.
        precision_ceiling: `precision` of a second rendered set.
        recall_ceiling: `recall` of a second rendered set.
        frechet_distance: Between the features of generated and rendered images.
        frechet_floor: The same between the two rendered sets.
    """

    num_images: int
    class_accuracy: float | None
    concept_frequency: dict[str, float]
    true_frequency: dict[str, float]
    concept_frequency_error: float
    precision: float
    recall: float
    precision_ceiling: float
    recall_ceiling: float
    frechet_distance: float
    frechet_floor: float


def scenes_figures(
    generate: Generate,
    network: SceneNetwork,
    *,
    num_images: int = 4000,
    batch_size: int = 50,
    conditional: bool = True,
    key: PRNGKeyArray,
) -> ScenesFigures:
    """Returns how the images of a generator compare with rendered ones.

    Classes take turns, in all sets alike. Precision and recall (Kynkäänniemi et al.,
    2019) have k = 3, on the network's features.

    Args:
        generate: Gives an image for each class label; may be traced.
        network: Reads the images.
        num_images: In each set, a multiple of `batch_size`.
        batch_size: Images at a time.
        conditional: Whether `generate` looks at the labels.
        key: Consumed whole.

    Raises:
        ValueError: If the sizes do not fit.
    """
    if batch_size < 1 or num_images < 1 or num_images % batch_size:
        raise ValueError(
            f"num_images is {num_images}; give a multiple of batch_size {batch_size}."
        )

    make = lambda labels, key: (generate(labels, key), None)
    read = functools.partial(
        _read_all, network, num_images=num_images, batch_size=batch_size
    )
    keys = jax.random.split(key, 3)
    generated = read(make, key=keys[0])
    real, again = (read(_render, key=k) for k in keys[1:])
    found = precision_recall(real.features, generated.features)
    ceiling = precision_recall(real.features, again.features)
    common = real.frequency >= _COMMON
    true = real.frequency[common]
    error = np.abs(generated.frequency[common] - true) / true
    return ScenesFigures(
        num_images=num_images,
        class_accuracy=float(generated.right.mean()) if conditional else None,
        concept_frequency=_by_concept(generated.frequency),
        true_frequency=_by_concept(real.frequency),
        concept_frequency_error=float(error.max()),
        precision=found.precision,
        recall=found.recall,
        precision_ceiling=ceiling.precision,
        recall_ceiling=ceiling.recall,
        frechet_distance=frechet_distance(real.features, generated.features),
        frechet_floor=frechet_distance(real.features, again.features),
    )


def scenes_performance(
    generate: Generate,
    network: SceneNetwork,
    *,
    num_images: int = 500,
    batch_size: int = 40,
    key: PRNGKeyArray,
) -> ClassPerformance:
    """Returns how the images of each class compare with rendered ones of that class.

    Args:
        generate: Gives an image for each class label; may be traced.
        network: Reads the images; its features are compared.
        num_images: Of each class and set.
        batch_size: Images at a time, a multiple of the number of classes.
        key: Consumed whole.

    Raises:
        ValueError: If the sizes do not fit.
    """
    classes = len(CLASS_NAMES)
    if batch_size < 1 or batch_size % classes or num_images * classes % batch_size:
        raise ValueError(
            f"num_images is {num_images} and batch_size {batch_size}; give a multiple "
            f"of {classes} that divides {classes} times num_images."
        )
    read = functools.partial(
        _read_all, network, num_images=num_images * classes, batch_size=batch_size
    )
    keys = jax.random.split(key)
    make = lambda labels, key: (generate(labels, key), None)
    # Classes take turns, so that each has every eighth image.
    real, generated = (
        found.features.reshape(num_images, classes, -1).swapaxes(0, 1)
        for found in (read(_render, key=keys[0]), read(make, key=keys[1]))
    )
    return class_performance(real, generated)


class _Read(NamedTuple):
    features: Float[np.ndarray, "image feature"]
    right: np.ndarray
    frequency: Float[np.ndarray, " concept"]


def _render(labels: Int[Array, " image"], key: PRNGKeyArray):
    scenes = sample_scenes(len(labels), class_label=labels, key=key)
    return scenes.images, scenes.segmentation


def _read_all(
    network: SceneNetwork,
    make: Callable,
    *,
    num_images: int,
    batch_size: int,
    key: PRNGKeyArray,
) -> _Read:
    @jax.jit
    def batch(network: SceneNetwork, start: Array, key: PRNGKeyArray):
        labels = (start + jnp.arange(batch_size)) % len(CLASS_NAMES)
        images, segmentation = make(labels, key)
        reading = network.read(images)
        if segmentation is None:
            segmentation = reading.scores.argmax(axis=-1)
        right = reading.class_scores.argmax(axis=-1) == labels
        counts = jnp.bincount(segmentation.ravel(), length=len(CONCEPTS))
        return reading.features, right, counts

    parts = [
        jax.device_get(batch(network, jnp.int32(start), jax.random.fold_in(key, start)))
        for start in range(0, num_images, batch_size)
    ]
    features, right, counts = zip(*parts, strict=True)
    counts = np.sum(counts, axis=0, dtype=np.int64)
    return _Read(np.concatenate(features), np.concatenate(right), counts / counts.sum())


def _by_concept(frequency: Float[np.ndarray, " concept"]) -> dict[str, float]:
    return dict(zip(CONCEPTS, frequency.tolist(), strict=True))
