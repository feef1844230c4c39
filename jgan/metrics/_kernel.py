"""Kernel distance of two sets of features, which small sets do not bias.

Bińkowski et al., 2018, section 4: the squared maximum mean discrepancy under the kernel
``(x . y / features + 1)^3``, estimated without bias on subsets.
"""

import functools
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan.metrics._check import check_same_features, checked_features


class KernelDistance(NamedTuple):
    """What the subsets say.

    Attributes:
        mean: The kernel distance. About 0 for sets of one distribution, and then as
            often below 0 as above.
        std: Standard deviation over the subsets.
    """

    mean: float
    std: float


def kernel_distance(
    real: Float[ArrayLike, "image_real feature_real"],
    generated: Float[ArrayLike, "image_generated feature_generated"],
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    key: PRNGKeyArray,
) -> KernelDistance:
    """Returns the kernel distance of two sets of features.

    Args:
        real: Features of real images.
        generated: Features of generated images.
        num_subsets: How many subsets to average over.
        subset_size: Images of each set in a subset, each at most once. With as many as
            there are, every subset is the whole set.
        key: Chooses the subsets. Consumed whole.

    Raises:
        ValueError: If the sets have different features or features that are not finite,
            a subset has fewer than two images or more than a set, or there is none.
    """
    real = checked_features(real, called="real")
    generated = checked_features(generated, called="generated")
    check_same_features(real.shape[1], generated.shape[1])
    fewest = min(len(real), len(generated))
    if num_subsets < 1 or not 2 <= subset_size <= fewest:
        raise ValueError(
            f"{num_subsets} subsets of {subset_size} images, out of {len(real)} real "
            f"and {len(generated)} generated ones: give at least 1 subset, of 2 to "
            f"{fewest} images."
        )
    distances = []
    for subset_key in jax.random.split(key, num_subsets):
        chosen = _choose(subset_key, (len(real), len(generated)), subset_size)
        in_real, in_generated = map(np.asarray, chosen)
        distances.append(_distance(real[in_real], generated[in_generated]))
    return KernelDistance(float(np.mean(distances)), float(np.std(distances)))


@functools.partial(jax.jit, static_argnums=(1, 2))
def _choose(
    key: PRNGKeyArray, num_images: tuple[int, ...], size: int
) -> list[Int[Array, " image"]]:
    """Returns which images of each set are in a subset."""
    keys = jax.random.split(key, len(num_images))
    return [
        jax.random.choice(k, num, (size,), replace=False)
        for k, num in zip(keys, num_images, strict=True)
    ]


def _distance(
    real: Float[np.ndarray, "image feature"],
    generated: Float[np.ndarray, "image feature"],
) -> float:
    num_images = len(real)
    within = sum(
        (values.sum() - np.trace(values)) / (num_images * (num_images - 1))
        for values in (_kernel(real, real), _kernel(generated, generated))
    )
    return float(within - 2 * _kernel(real, generated).mean())


def _kernel(
    a: Float[np.ndarray, "image_a feature"], b: Float[np.ndarray, "image_b feature"]
) -> Float[np.ndarray, "image_a image_b"]:
    values = a @ b.T / a.shape[1] + 1
    return values * values * values  # Twice as fast as a power of floats.
