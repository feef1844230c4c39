"""Whether a channel follows the class or the latent: two-way analysis of variance.

jgan reconstruction: He et al. (2022) tell category-oriented channels from
latent-oriented ones and publish no formula.
"""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan.awareness._analytic import (
    awareness_by_latent,
    batches_of_classes,
    check_factors,
)
from jgan.gan import Gan


class Decomposition(NamedTuple):
    """Where the variance of each channel comes from. The three add up to the whole.

    Attributes:
        by_class: Variance over classes of the mean over latents.
        by_latent: Variance over latents of the mean over classes.
        together: What neither explains alone.
    """

    by_class: Float[np.ndarray, " unit"]
    by_latent: Float[np.ndarray, " unit"]
    together: Float[np.ndarray, " unit"]

    @property
    def class_share(self) -> Float[np.ndarray, " unit"]:
        """By class over by class and by latent, NaN where neither varies.

        1 is a channel that follows the class alone, 0 one that does to all classes what
        the latent says.
        """
        sum_ = self.by_class + self.by_latent
        return np.where(sum_ > 0, self.by_class / np.where(sum_ > 0, sum_, 1), np.nan)


def decompose(values: Float[np.ndarray, "class latent unit"]) -> Decomposition:
    """Returns how much of each channel's variance is of the class and of the latent.

    Args:
        values: One number for each class, latent and channel, all classes with the same
            latents.

    Raises:
        ValueError: If there are fewer than 2 classes or 2 latents.
    """
    _check(*values.shape[:2])
    return _sums_of(values).decomposition()


def _check(classes: int, latents: int) -> None:
    if min(classes, latents) < 2:
        raise ValueError(
            f"There are {classes} classes and {latents} latents; give 2 of each at "
            "least."
        )


def decompose_awareness(
    gan: Gan, *, num_latents: int, key: PRNGKeyArray
) -> dict[str, Decomposition]:
    """Returns the decomposition of the analytic awareness of every conditional layer.

    No image is made. Classes are taken a batch at a time, so that memory does not grow
    with their number.

    Args:
        gan: A generator with class-conditional normalization.
        num_latents: Latents, the same for every class. Where the class alone makes the
            factors, nothing is by latent.
        key: Consumed whole.

    Raises:
        ValueError: If the generator has no conditional layer, there are fewer than 2
            classes or 2 latents, or a gain or bias is not finite.
    """
    _check(gan.num_classes, num_latents)
    sums: dict[str, _Sums] = {}
    done = 0
    for labels in batches_of_classes(gan, num_latents):
        values = jax.device_get(
            awareness_by_latent(gan, labels, key, num_latents=num_latents)
        )
        check_factors(values)
        inside = min(len(labels), gan.num_classes - done)
        for name in gan.conditional_layers:
            part = _sums_of(values[name][:inside])
            sums[name] = part if name not in sums else sums[name].merge(part)
        done += inside
    return {name: sums[name].decomposition() for name in gan.conditional_layers}


class _Sums(NamedTuple):
    """Of some classes, about no mean: float64 keeps ten digits of what is left."""

    num_classes: int
    by_latent: Float[np.ndarray, "latent unit"]
    class_squares: Float[np.ndarray, " unit"]
    squares: Float[np.ndarray, " unit"]

    def merge(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.num_classes + other.num_classes,
            self.by_latent + other.by_latent,
            self.class_squares + other.class_squares,
            self.squares + other.squares,
        )

    def decomposition(self) -> Decomposition:
        latents = len(self.by_latent)
        means = self.by_latent / self.num_classes
        square = np.square(means.mean(axis=0))
        by_class = self.class_squares / self.num_classes - square
        by_latent = np.square(means).mean(axis=0) - square
        whole = self.squares / (self.num_classes * latents) - square
        # What is left of equal numbers is rounding.
        least = 1e-12 * self.squares / (self.num_classes * latents)
        clean = lambda x: np.where(x <= least, 0.0, x)
        return Decomposition(
            clean(by_class), clean(by_latent), clean(whole - by_class - by_latent)
        )


def _sums_of(values: Float[np.ndarray, "class latent unit"]) -> _Sums:
    values = np.asarray(values, np.float64)
    return _Sums(
        len(values),
        values.sum(axis=0),
        np.square(values.mean(axis=1)).sum(axis=0),
        np.square(values).sum(axis=(0, 1)),
    )
