"""SeFa: directions in closed form, from the weights that read the latent.

A unit vector `n` moves the output of a linear layer most where ``|A n|`` is largest.
The stationary points are the eigenvectors of ``A^T A``. (Shen & Zhou, 2021.)
"""

import operator
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np

from jgan.components._directions import Directions, orient
from jgan.components._latent_weights import latent_weights
from jgan.gan import Gan


def sefa(gan: Gan, *, layers: Sequence[int] | None = None) -> Directions:
    """Returns all directions of the latent, those that the weights stretch most first.

    As the authors' code (github.com/genforce/sefa) has it, and unlike the formula of
    the paper: the weights of each unit that reads the latent are first divided by their
    length, so that all units count alike. (rosinality's factorization leaves them as
    they are, and of the layers to an image takes the first where this takes the last.)
    Their code leaves the order and sign of directions to an eigensolver. Here values
    fall, and the largest entry of each vector is positive.

    Layers are numbered by family, and the directions are of:

    - StyleGAN and StyleGAN2: `w`. Layers are the rows of `w_plus`, as in `traverse`:
      all that read it, of StyleGAN2 also the last to the image. To edit as the authors
      do, also where images are truncated, give `traverse` the same layers, or all.
    - ProGAN: `z`, which is one layer, 0. The authors normalize `z` before they move it.
    - DCGAN: `z`, one layer too; a class is left out.
    - BigGAN and BigGAN-deep: `z`. 0 is the first layer, ``i + 1`` the normalizations of
      ``block{i}`` if they read it. There is no code of the authors for these. With a
      hierarchical latent, each direction moves the `z` of one layer only, where no two
      values are the same.

    Args:
        gan: A generator of these families.
        layers: Which layers' weights, all by default. Directions that they do not read
            have value 0 and are arbitrary among themselves.

    Returns:
        Directions, and as values the eigenvalues: the sum over units of squared cosines
        between the direction and the unit's weights.

    Raises:
        ValueError: If the family is not known, a layer does not exist, none is chosen,
            or a weight is not finite.
    """
    space, weights = latent_weights(gan)
    chosen = (
        range(len(weights))
        if layers is None
        else sorted({*map(operator.index, layers)})
    )
    outside = [i for i in chosen if not 0 <= i < len(weights)]
    if outside or not chosen:
        raise ValueError(
            f"layers is {layers}; those of {gan.name} that read {space} are 0 to "
            f"{len(weights) - 1}."
        )
    matrix = np.concatenate([weights[i] for i in chosen], axis=1).astype(np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError(f"Weights of {gan.name} that read {space} are not finite.")
    length = np.linalg.norm(matrix, axis=0, keepdims=True)
    # A unit that reads nothing has no direction, and counts for nothing.
    matrix = matrix / np.where(length > 0, length, 1.0)
    values, vectors = np.linalg.eigh(matrix @ matrix.T)
    # They rise, and rounding takes those of 0 below it.
    values, vectors = np.maximum(values[::-1], 0.0), orient(vectors.T[::-1])
    return Directions(
        {space: jnp.asarray(vectors, jnp.float32)}, jnp.asarray(values, jnp.float32)
    )
