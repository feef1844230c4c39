"""The dimensions of an EigenGAN: named, sorted, walked along, and turned off."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float

from jgan.eigengan._effects import config_of
from jgan.gan import Gan
from jgan.models.eigen_latents import EigenLatents
from jgan.typing import Images

# From end to end of what the authors show: 17 places from -4.5 to 4.5 deviations (He,
# Kan & Shan, 2021, published code).
VALUES = tuple(np.linspace(-4.5, 4.5, 17).tolist())


class Dimension(NamedTuple):
    """One dimension of a subspace.

    Attributes:
        layer: Counted from 1, as in the paper.
        rank: Of its importance in its layer, from 1; a paper's 4-1 is layer 4, rank 1.
        column: Of `z`.
        importance: Absolute value of its entry of L, the length of a step of one
            standard deviation in the activation.
    """

    layer: int
    rank: int
    column: int
    importance: float

    @property
    def name(self) -> str:
        """Layer and rank, as the paper writes them."""
        return f"{self.layer}-{self.rank}"


def dimensions(gan: Gan) -> tuple[Dimension, ...]:
    """Returns all dimensions, layer by layer, in each the most important first.

    Args:
        gan: An EigenGAN.

    Raises:
        ValueError: If it is of another family.
    """
    config = config_of(gan)
    found = []
    for layer in range(1, config.num_layers + 1):
        subspace = gan.params["params"][f"subspace{layer}"]
        if not config.dims[layer - 1]:
            continue
        length = np.abs(np.asarray(subspace["importance"], np.float64))
        if not config.exact:
            # What a step changes is the column's length times L, and a penalty leaves
            # columns only nearly of length 1.
            basis = np.asarray(subspace["basis"], np.float64)
            length = length * np.linalg.norm(basis.reshape(-1, len(length)), axis=0)
        first = config.columns(layer).start
        order = np.argsort(-length, kind="stable")
        found += [
            Dimension(layer, rank, first + int(i), float(length[i]))
            for rank, i in enumerate(order, start=1)
        ]
    return tuple(found)


def traverse(
    gan: Gan,
    latents: EigenLatents,
    columns: Sequence[int],
    *,
    values: Float[ArrayLike, " value"] | Sequence[float] = VALUES,
) -> Float[Array, "dimension value image row col 3"]:
    """Returns the images with each dimension at each value, all else left as it is.

    One program; other columns and values of the same number are not traced again.

    Args:
        gan: An EigenGAN.
        latents: Of the images.
        columns: Of `z`: which dimensions, for instance ``dimension.column``.
        values: What the dimension is set to, in standard deviations.

    Raises:
        ValueError: If there is no such column, or it is of another family.
    """
    config = config_of(gan)
    outside = [column for column in columns if not 0 <= column < config.latent_dim]
    if outside:
        raise ValueError(
            f"There is no column {outside} of z. They are 0 to {config.latent_dim - 1}."
        )
    return _traverse(
        gan, latents, jnp.asarray(columns, jnp.int32), jnp.asarray(values, jnp.float32)
    )


@jax.jit
def _traverse(gan, latents, columns, values):
    def images(column, value):
        z = latents.z.at[:, column].set(value)
        return gan.forward(gan.params, latents._replace(z=z))[0]

    along = lambda column: jax.vmap(functools.partial(images, column))(values)
    return jax.lax.map(along, columns)


def without_layer(gan: Gan, latents: EigenLatents, layer: int) -> Images:
    """Returns the images with all dimensions of a layer at 0, so that phi is mu.

    Args:
        gan: An EigenGAN.
        latents: Of the images.
        layer: Counted from 1.

    Raises:
        ValueError: If there is no such layer, or it is of another family.
    """
    columns = config_of(gan).columns(layer)
    z = latents.z.at[:, columns].set(0.0)
    return jax.jit(gan.forward)(gan.params, latents._replace(z=z))[0]
