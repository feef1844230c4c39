"""Runs a function from images to features over batches of images."""

import functools
from collections.abc import Iterable, Iterator
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from jgan.metrics._check import checked_features
from jgan.metrics._moments import (
    FeatureMoments,
    feature_moments_of,
    merge_feature_moments,
)
from jgan.typing import Images


@runtime_checkable
class Features(Protocol):
    """A function from images to features: what two sets of images are compared by.

    It can be traced by `jax.jit`, and no image changes the features of another.
    """

    def __call__(self, images: Images, /) -> Float[Array, "image feature"]:
        """Returns a row of features for each of the images, which are in [-1, 1]."""
        ...


# Batches need not be of one size.
Batches = Iterable[Float[ArrayLike, "_image row col 3"]]


def collect_features(
    features: Features, batches: Batches
) -> Float[np.ndarray, "image feature"]:
    """Returns the features of all images, float64.

    Args:
        features: Is jitted. Give the same object again, and it does not compile again.
        batches: Images, batch by batch. One that is smaller than the largest before it,
            such as the last, is padded, so that it does not compile again.

    Raises:
        ValueError: If there is no image, or a feature is not finite; the message names
            the batch.
    """
    return np.concatenate([*_batches_of_features(features, batches)])


def collect_moments(features: Features, batches: Batches) -> FeatureMoments:
    """Returns the mean and covariance of the features, in memory of no more than that.

    Args:
        features: As in `collect_features`.
        batches: As there.

    Raises:
        ValueError: As there.
    """
    parts = map(feature_moments_of, _batches_of_features(features, batches))
    return functools.reduce(merge_feature_moments, parts)


def _batches_of_features(
    features: Features, batches: Batches
) -> Iterator[Float[np.ndarray, "_image feature"]]:
    run = jax.jit(features)
    largest = 0
    for number, images in enumerate(batches):
        images = jnp.asarray(images)
        num_images = len(images)
        if not num_images:
            continue
        largest = max(largest, num_images)
        missing = ((0, largest - num_images), (0, 0), (0, 0), (0, 0))
        padded = jnp.pad(images, missing, mode="edge")
        got = np.asarray(run(padded))
        if got.ndim != 2 or len(got) != largest:
            raise ValueError(
                f"The function makes shape {got.shape} of {largest} images; it has to "
                "return one row of features for each image."
            )
        yield checked_features(got[:num_images], called=f"batch {number}")
    if not largest:
        raise ValueError("There are no images to take features of.")
