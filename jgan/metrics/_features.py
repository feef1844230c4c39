"""Runs a function from images to features over batches of images."""

from collections.abc import Callable, Iterable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.metrics._check import checked_features
from jgan.metrics._moments import (
    FeatureMoments,
    feature_moments_of,
    merge_feature_moments,
)
from jgan.typing import Images

Features = Callable[[Images], Float[Array, "image feature"]]


def collect_features(
    features: Features, batches: Iterable[Images]
) -> Float[np.ndarray, "image feature"]:
    """Returns the features of all images, float64.

    Args:
        features: Is jitted. The features of an image may not depend on the others.
        batches: Images, batch by batch. One that is smaller than the largest before it,
            such as the last, is padded, so that it does not compile again.

    Raises:
        ValueError: If there is no image, or a feature is not finite; the message names
            the batch.
    """
    return np.concatenate([*_batches_of_features(features, batches)])


def collect_moments(features: Features, batches: Iterable[Images]) -> FeatureMoments:
    """Returns the mean and covariance of the features, in memory of no more than that.

    Args:
        features: As in `collect_features`.
        batches: As there.

    Raises:
        ValueError: As there.
    """
    total = None
    for part in _batches_of_features(features, batches):
        moments = feature_moments_of(part)
        total = moments if total is None else merge_feature_moments(total, moments)
    return total


def _batches_of_features(
    features: Features, batches: Iterable[Images]
) -> Iterator[Float[np.ndarray, "image feature"]]:
    run = jax.jit(features)
    largest = 0
    for number, images in enumerate(batches):
        num_images = len(images)
        if not num_images:
            continue
        largest = max(largest, num_images)
        missing = ((0, largest - num_images), (0, 0), (0, 0), (0, 0))
        padded = jnp.pad(jnp.asarray(images), missing, mode="edge")
        got = np.asarray(run(padded))
        if got.ndim != 2 or len(got) != largest:
            raise ValueError(
                f"The function makes shape {got.shape} of {largest} images; it has to "
                "return one row of features for each image."
            )
        yield checked_features(got[:num_images], called=f"batch {number}")
    if not largest:
        raise ValueError("There are no images to take features of.")
