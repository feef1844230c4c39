"""Random directions: what any method has to beat."""

import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from jgan.components._directions import Directions, Z


def random_directions(
    latent_dim: int, *, num_directions: int, target: str = Z, key: PRNGKeyArray
) -> Directions:
    """Returns orthonormal directions of a latent, uniform over rotations.

    Args:
        latent_dim: Size of the latent.
        num_directions: How many, at most its size.
        target: ``"z"``, or a tap such as ``"w"``.
        key: Consumed whole.

    Returns:
        Directions, all of value 1.

    Raises:
        ValueError: If there are more directions than the latent has dimensions.
    """
    if not 1 <= num_directions <= latent_dim:
        raise ValueError(
            f"num_directions is {num_directions}; a latent of {latent_dim} has 1 to "
            f"{latent_dim} that are orthogonal."
        )
    columns = jax.random.orthogonal(key, latent_dim)
    return Directions({target: columns[:num_directions]}, jnp.ones((num_directions,)))
