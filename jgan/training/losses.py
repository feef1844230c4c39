"""Adversarial losses of scores, high for what the discriminator takes for real.

Names say whom the loss trains. All are means over the images.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

Scores = Float[Array, " image"]
ClassScores = Float[Array, "image class"]


class DiscriminatorLoss(NamedTuple):
    """The two halves of a discriminator's loss.

    Attributes:
        real: What real images cost.
        fake: What generated images cost.
    """

    real: Float[Array, ""]
    fake: Float[Array, ""]


def hinge_real(real: Scores) -> Float[Array, ""]:
    """Returns the mean of ``max(0, 1 - real)``. Lim & Ye (2017); as in BigGAN."""
    return jax.nn.relu(1 - real).mean()


def hinge_fake(fake: Scores) -> Float[Array, ""]:
    """Returns the mean of ``max(0, 1 + fake)``."""
    return jax.nn.relu(1 + fake).mean()


def hinge_discriminator(real: Scores, fake: Scores) -> DiscriminatorLoss:
    """Returns `hinge_real` of real images' scores, `hinge_fake` of generated ones'."""
    return DiscriminatorLoss(hinge_real(real), hinge_fake(fake))


def hinge_generator(fake: Scores) -> Float[Array, ""]:
    """Returns the negative mean score of generated images."""
    return -fake.mean()


def saturating_hinge_generator(fake: Scores) -> Float[Array, ""]:
    """Returns the mean of ``max(0, 1 - fake)``: nothing for scores above 1.

    As in EigenGAN (He, Kan & Shan, 2021, published code).
    """
    return jax.nn.relu(1 - fake).mean()


def class_information(
    class_scores: ClassScores, frequency: Float[Array, " class"]
) -> Float[Array, ""]:
    """Returns the mean information, in nats, that images have of their class.

    Of an image it is the divergence of its class probabilities from those of all images
    (Kullback & Leibler, 1951): 0 where they are the same in every image, the logarithm
    of the number of classes where each is certain and all are as frequent. Generators
    that maximize it are of Springenberg (2016), as the entropy of the mean less the
    mean entropy.

    Args:
        class_scores: Of each image and class, as logarithms of probabilities.
        frequency: Mean probability of each class, over these images and any others.
            Taken as a constant, which leaves the gradient as it is.
    """
    log = jax.nn.log_softmax(class_scores)
    # Where no image is of a class, its probability is zero too.
    usual = jnp.log(jnp.maximum(jax.lax.stop_gradient(frequency), 1e-30))
    return (jnp.exp(log) * (log - usual[None])).sum(axis=1).mean()
