"""GANSpace: principal components of a layer, taken to the latent by regression.

Härkönen et al. (2020): where the latent itself has no structure, components are those
of an early layer, and the direction of each is the least-squares solution that takes
its coordinate to the latent. Coordinates along principal components do not correlate,
so each has its own: the covariance with the latent over the variance.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import PRNGKeyArray

from jgan.components._directions import Directions, Z
from jgan.components._joint import joint_covariance
from jgan.components._pca import vectorized_pca
from jgan.gan import Gan


def ganspace(
    gan: Gan,
    layer: str,
    *,
    num_components: int,
    target: str = Z,
    num_images: int,
    batch_size: int,
    mesh: Mesh | None = None,
    key: PRNGKeyArray,
) -> Directions:
    """Returns directions of a latent from the principal components of a layer.

    Args:
        gan: Any generator.
        layer: One of ``gan.layers``; the authors take the first of BigGAN.
        num_components: How many.
        target: ``"z"``, or a tap of one vector for each image, such as ``"w"``.
        num_images: In each pass over images.
        batch_size: Images at a time.
        mesh: Devices that share each batch, as `jgan.stats.collect` has it.
        key: Consumed whole.

    Returns:
        Directions of unit length, and as values the variances of the components.

    Raises:
        ValueError: As `vectorized_pca`; if there is no such latent; or if a component
            has nothing to do with it, as of a layer that is constant.
    """
    pca_key, fit_key = jax.random.split(key)
    sizes = {"num_images": num_images, "batch_size": batch_size, "mesh": mesh}
    pca = vectorized_pca(
        gan, layer, num_components=num_components, **sizes, key=pca_key
    )
    _, covariance = joint_covariance(
        gan, layer, pca, target=target, **sizes, key=fit_key
    )
    cross = covariance[:num_components, num_components:]
    length = np.linalg.norm(cross, axis=1, keepdims=True)
    if not length.all():
        raise ValueError(
            f"Component {int(np.argmin(length))} of layer {layer!r} does not vary with "
            f"{target!r}; give a smaller num_components than {num_components}."
        )
    vectors = cross / length
    return Directions(
        {target: jnp.asarray(vectors, jnp.float32)},
        jnp.asarray(pca.variances, jnp.float32),
    )
