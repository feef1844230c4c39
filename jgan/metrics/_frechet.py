"""Fréchet distance of two sets of features, each taken for a Gaussian.

Heusel et al., 2017, equation 6 (after Dowson & Landau, 1982): the squared distance of
the means, plus ``trace(A + B - 2 (A B)^1/2)`` of the covariances.
"""

import numpy as np
from jaxtyping import ArrayLike, Float

from jgan.metrics._check import check_same_features
from jgan.metrics._moments import (
    FeatureMoments,
    feature_covariance,
    feature_moments_of,
)

# A covariance that someone made in float32 is symmetric, and its eigenvalues are not
# negative, up to about this part of the largest.
_ROUNDING = 1e-5


def frechet_distance(
    real: FeatureMoments | Float[ArrayLike, "image_real feature_real"],
    generated: FeatureMoments | Float[ArrayLike, "image_generated feature_generated"],
) -> float:
    """Returns the squared Fréchet distance of two sets of features.

    At least 0, in the square of the features' unit. It shrinks as either set grows, and
    is not 0 for two sets of one distribution: compare distances of equal numbers of
    images only.

    Args:
        real: Features of real images, or their moments. There may be fewer images than
            features.
        generated: The same of generated images.

    Raises:
        ValueError: If a set has fewer than two images or a feature that is not finite,
            or the sets have different features.
    """
    a, b = (
        moments if isinstance(moments, FeatureMoments) else feature_moments_of(moments)
        for moments in (real, generated)
    )
    return gaussian_distance(
        a.mean, feature_covariance(a), b.mean, feature_covariance(b)
    )


def gaussian_distance(
    mean_a: Float[ArrayLike, " feature_a"],
    covariance_a: Float[ArrayLike, "row_a col_a"],
    mean_b: Float[ArrayLike, " feature_b"],
    covariance_b: Float[ArrayLike, "row_b col_b"],
) -> float:
    """Returns the squared Fréchet distance of two Gaussians, at least 0.

    For statistics that someone published; `frechet_distance` takes features.

    Args:
        mean_a: Mean of one.
        covariance_a: Its covariance, which may be singular.
        mean_b: Mean of the other.
        covariance_b: Its covariance.

    Raises:
        ValueError: If the numbers of features differ, a number is NaN or infinite, or a
            covariance is not symmetric or not positive semidefinite.
    """
    mean_a, covariance_a, mean_b, covariance_b = (
        np.asarray(x, np.float64) for x in (mean_a, covariance_a, mean_b, covariance_b)
    )
    check_same_features(len(mean_a), len(mean_b))
    for mean, covariance in ((mean_a, covariance_a), (mean_b, covariance_b)):
        _check_gaussian(mean, covariance)
    shift = mean_a - mean_b
    cross = _root(covariance_a).T @ _root(covariance_b)
    # The singular values of A^1/2 B^1/2 are the eigenvalues of (A B)^1/2. Taking them
    # here, not the roots of the eigenvalues of A B, keeps the digits of the small ones.
    overlap = np.linalg.svd(cross, compute_uv=False).sum() if cross.size else 0.0
    traces = np.trace(covariance_a) + np.trace(covariance_b)
    return max(0.0, float(shift @ shift + traces - 2 * overlap))


def _check_gaussian(
    mean: Float[np.ndarray, " feature"], covariance: Float[np.ndarray, "row col"]
) -> None:
    if covariance.shape != (len(mean), len(mean)):
        raise ValueError(
            f"A covariance has shape {covariance.shape} beside a mean of {len(mean)} "
            "features; give one row and one column for each feature."
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError(
            "A mean or a covariance holds NaN or infinity; mend the features it was "
            "taken of."
        )
    largest = np.abs(covariance).max(initial=0.0)
    asymmetry = np.abs(covariance - covariance.T).max(initial=0.0)
    if asymmetry > _ROUNDING * largest:
        raise ValueError(
            f"A covariance is not symmetric: two entries that mirror each other differ "
            f"by {asymmetry:.3g}. Give (C + C.T) / 2 if that is rounding."
        )


def _root(
    covariance: Float[np.ndarray, "feature feature"],
) -> Float[np.ndarray, "feature direction"]:
    """Returns a matrix that times its transpose is the covariance."""
    values, vectors = np.linalg.eigh(covariance)
    if values.min(initial=0.0) < -_ROUNDING * values.max(initial=0.0):
        raise ValueError(
            f"A covariance has the negative eigenvalue {values.min():.3g}; no features "
            "have such a covariance."
        )
    # What is below this is the rounding of a 0, of which the root would be 1e-8.
    noise = len(values) * np.finfo(np.float64).eps * values.max(initial=0.0)
    kept = values > noise
    return vectors[:, kept] * np.sqrt(values[kept])[None, :]
