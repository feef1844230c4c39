"""How good the images of each class are, class by class."""

from typing import NamedTuple

import numpy as np
from jaxtyping import ArrayLike, Float

from jgan.metrics._check import check_same_features, checked_features
from jgan.metrics._frechet import frechet_distance
from jgan.metrics._neighbors import precision_recall


class ClassPerformance(NamedTuple):
    """Figures of each class.

    Attributes:
        frechet_distance: Between generated and real images of the class.
        precision: Of its generated images, how many its real ones cover.
        recall: Of its real images, how many its generated ones cover.
        diversity: Mean distance between two generated images of the class, in features.
    """

    frechet_distance: Float[np.ndarray, " class"]
    precision: Float[np.ndarray, " class"]
    recall: Float[np.ndarray, " class"]
    diversity: Float[np.ndarray, " class"]


def class_performance(
    real: Float[ArrayLike, "class image_real feature_real"],
    generated: Float[ArrayLike, "class_generated image_generated feature_generated"],
    *,
    k: int = 3,
) -> ClassPerformance:
    """Returns the distance, fidelity and variety of each class on its own.

    Args:
        real: Features of real images, class by class.
        generated: Features of generated images of the same classes.
        k: As in `precision_recall`.

    Raises:
        ValueError: If there are not the same classes and features, or a class has too
            few images.
    """
    shapes = np.shape(real), np.shape(generated)
    if len(shapes[0]) != 3 or len(shapes[1]) != 3 or shapes[0][0] != shapes[1][0]:
        raise ValueError(
            f"Features have shapes {shapes[0]} and {shapes[1]}; give (class, image, "
            "feature), of the same classes."
        )
    rows = []
    for theirs, ours in zip(np.asarray(real), np.asarray(generated), strict=True):
        theirs = checked_features(theirs, called="real")
        ours = checked_features(ours, called="generated")
        check_same_features(theirs.shape[1], ours.shape[1])
        shares = precision_recall(theirs, ours, k=k)
        rows.append(
            (frechet_distance(theirs, ours), *shares, mean_pairwise_distance(ours))
        )
    return ClassPerformance(*np.array(rows, np.float64).T)


def mean_pairwise_distance(features: Float[np.ndarray, "image feature"]) -> float:
    """Returns the mean Euclidean distance between two different images.

    Raises:
        ValueError: If there are fewer than two.
    """
    num_images = len(features)
    if num_images < 2:
        raise ValueError(f"{num_images} images have no distance; give at least 2.")
    # One image after the other: no array grows with the number of pairs.
    sums = [
        np.sqrt(np.square(features[i + 1 :] - features[i]).sum(axis=1)).sum()
        for i in range(num_images - 1)
    ]
    return float(np.sum(sums) / (num_images * (num_images - 1) / 2))
