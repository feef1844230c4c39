"""Adversarial losses of scores, high for what the discriminator takes for real.

Names say whom the loss trains. All are means over the images.
"""

from typing import NamedTuple

import jax
from jaxtyping import Array, Float

Scores = Float[Array, " image"]


class DiscriminatorLoss(NamedTuple):
    """The two halves of a discriminator's loss.

    Attributes:
        real: What real images cost.
        fake: What generated images cost.
    """

    real: Float[Array, ""]
    fake: Float[Array, ""]


def hinge_discriminator(real: Scores, fake: Scores) -> DiscriminatorLoss:
    """Returns the mean of ``max(0, 1 - real)`` and of ``max(0, 1 + fake)``.

    Lim & Ye (2017); as in BigGAN.
    """
    return DiscriminatorLoss(jax.nn.relu(1 - real).mean(), jax.nn.relu(1 + fake).mean())


def hinge_generator(fake: Scores) -> Float[Array, ""]:
    """Returns the negative mean score of generated images."""
    return -fake.mean()


def saturating_hinge_generator(fake: Scores) -> Float[Array, ""]:
    """Returns the mean of ``max(0, 1 - fake)``: nothing for scores above 1.

    As in EigenGAN (He, Kan & Shan, 2021, published code).
    """
    return jax.nn.relu(1 - fake).mean()
