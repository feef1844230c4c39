"""What every metric asks of features: finite numbers of one function, in float64."""

import numpy as np
from jaxtyping import ArrayLike, Float


def checked_features(
    features: Float[ArrayLike, "image feature"], *, called: str
) -> Float[np.ndarray, "image feature"]:
    """Returns the features as float64 on the host, which loses nothing of them.

    Args:
        features: Of any float dtype.
        called: What the caller calls them, for the error.

    Raises:
        ValueError: If there is not one row for each image and one column for each
            feature, or a number is NaN or infinite; the message names the first image.
    """
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(
            f"The {called} features have shape {features.shape}; give one row for each "
            "image and at least one column."
        )
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if broken.size:
        raise ValueError(
            f"The {called} features of {broken.size} images are NaN or infinite, first "
            f"of image {broken[0]}. Leave those images out, or mend what made them."
        )
    return features


def check_same_features(real: int, generated: int) -> None:
    """Refuses two sets that different functions made.

    Raises:
        ValueError: If they have not as many features.
    """
    if real != generated:
        raise ValueError(
            f"{real} real and {generated} generated features: take both with the same "
            "function."
        )
