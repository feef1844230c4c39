"""Whether a channel follows the class or the latent: two-way analysis of variance.

jgan reconstruction: He et al. (2022) tell category-oriented channels from
latent-oriented ones and publish no formula.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


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
    values = np.asarray(values, np.float64)
    classes, latents, _ = values.shape
    if min(classes, latents) < 2:
        raise ValueError(
            f"There are {classes} classes and {latents} latents; give 2 of each at "
            "least."
        )
    centered = values - values.mean(axis=(0, 1), keepdims=True)
    of_class, of_latent = centered.mean(axis=1), centered.mean(axis=0)
    rest = centered - of_class[:, None, :] - of_latent[None, :, :]
    return Decomposition(
        np.square(of_class).mean(axis=0),
        np.square(of_latent).mean(axis=0),
        np.square(rest).mean(axis=(0, 1)),
    )
