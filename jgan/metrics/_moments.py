"""Mean and covariance of features, gathered batch by batch in float64 on the host.

The accumulator is a commutative monoid: `zero_feature_moments` is its neutral element
and `merge_feature_moments` its product. Products are kept about the running mean (Chan,
Golub & LeVeque, 1983), because the mean of a feature may be far larger than its spread.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float

from jgan.metrics._check import checked_features


class FeatureMoments(NamedTuple):
    """Sufficient statistics for the mean and the covariance of features.

    Attributes:
        num_images: Images seen.
        mean: Mean of each feature, 0 where nothing was seen.
        scatter: Sum over images of the products of two features' deviations from
            `mean`.
    """

    num_images: int
    mean: Float[np.ndarray, " feature"]
    scatter: Float[np.ndarray, "feature feature"]


def zero_feature_moments(num_features: int) -> FeatureMoments:
    """Returns the moments of no images at all."""
    return FeatureMoments(
        num_images=0,
        mean=np.zeros(num_features),
        scatter=np.zeros((num_features, num_features)),
    )


def feature_moments_of(features: Float[ArrayLike, "image feature"]) -> FeatureMoments:
    """Returns the moments of one batch, to be merged with those of others.

    Raises:
        ValueError: If a feature is not finite.
    """
    features = checked_features(features, called="given")
    if not len(features):
        return zero_feature_moments(features.shape[1])
    mean = features.mean(axis=0)
    deviations = features - mean[None, :]
    return FeatureMoments(len(features), mean, deviations.T @ deviations)


def merge_feature_moments(a: FeatureMoments, b: FeatureMoments) -> FeatureMoments:
    """Returns the moments of two disjoint sets of images together.

    Associative and commutative up to the rounding of float64.

    Raises:
        ValueError: If they are of different numbers of features.
    """
    if len(a.mean) != len(b.mean):
        raise ValueError(
            f"Moments of {len(a.mean)} and of {len(b.mean)} features cannot be merged."
        )
    total = a.num_images + b.num_images
    share = b.num_images / max(total, 1)  # 0 / 0 when both are empty.
    shift = b.mean - a.mean
    between = share * a.num_images * np.outer(shift, shift)
    return FeatureMoments(
        num_images=total,
        mean=a.mean + share * shift,
        scatter=a.scatter + b.scatter + between,
    )


def feature_covariance(
    moments: FeatureMoments,
) -> Float[np.ndarray, "feature feature"]:
    """Returns the unbiased covariance: the scatter over one less than the images.

    Raises:
        ValueError: If fewer than two images were seen.
    """
    if moments.num_images < 2:
        raise ValueError(
            f"{moments.num_images} images have no covariance; it takes at least 2."
        )
    return moments.scatter / (moments.num_images - 1)
