"""PCA of a layer's activations as plain vectors, without ever having their matrix.

A block of vectors is multiplied by the covariance in one pass over the images, made
orthonormal, and multiplied again (Halko, Martinsson and Tropp, 2011): memory holds the
block, not the covariance, which for 512 x 4 x 4 would have 67 million entries.
"""

import functools
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.components._directions import Directions, orient
from jgan.gan import Gan, Layer

# Vectors beside those asked for, which is what makes few passes enough.
_MORE = 10
# A pass after which the components hold less than this more of their variance is the
# last.
_RISE = 1e-4
# Or this one: variances that so many passes do not tell apart are nearly equal, and any
# rotation of their components is as good.
_PASSES = 10


class Pca(NamedTuple):
    """Principal components of a layer.

    Attributes:
        mean: Activation, over images.
        components: Of unit length, those of most variance first. The largest entry of
            each is positive.
        variances: Along them.
    """

    mean: Float[np.ndarray | Array, "row col unit"]
    components: Float[np.ndarray | Array, "component row col unit"]
    variances: Float[np.ndarray | Array, " component"]

    def coordinates(
        self, activation: Float[Array, "image row col unit"]
    ) -> Float[Array, "image component"]:
        """Returns the coordinates of each image's activation, float32."""
        mean = jnp.asarray(self.mean, jnp.float32)
        components = jnp.asarray(self.components, jnp.float32)
        centered = activation.astype(jnp.float32) - mean[None]
        return jnp.matmul(
            centered.reshape(len(activation), -1),
            components.reshape(len(components), -1).T,
            precision=jax.lax.Precision.HIGHEST,
        )

    def directions(self, layer: str) -> Directions:
        """Returns the components as directions of their layer."""
        return Directions(
            {layer: jnp.asarray(self.components, jnp.float32)},
            jnp.asarray(self.variances, jnp.float32),
        )


def vectorized_pca(
    gan: Gan,
    layer: str,
    *,
    num_components: int,
    num_images: int,
    batch_size: int,
    mesh: Mesh | None = None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> Pca:
    """Returns the principal components of a layer's activations as vectors.

    Args:
        gan: Any generator.
        layer: One of ``gan.layers``.
        num_components: How many.
        num_images: In each pass, of which there are ten at most.
        batch_size: Images at a time.
        mesh: Devices that share each batch, as `jgan.stats.collect` has it.
        resume: A folder for what is gathered, one file a pass.
        progress: Called with the share of the present pass that is done.
        key: Consumed whole.

    Raises:
        ValueError: If the layer does not exist, or has fewer activations than
            components, or there are too few images for them.
    """
    stats.check_layers(gan, (layer,))
    size = gan.layers[layer]
    features = size.rows * size.cols * size.units
    most = min(features, num_images - 1)
    if not 1 <= num_components <= most:
        raise ValueError(
            f"num_components is {num_components}; {num_images} images of layer "
            f"{layer!r}, which has {features} activations, have at most {max(most, 0)}."
        )
    if resume is not None:
        resume.mkdir(parents=True, exist_ok=True)
    image_key, start_key = jax.random.split(key)
    width = min(num_components + _MORE, features)
    block = np.asarray(jax.random.normal(start_key, (features, width)), np.float64)
    block = np.linalg.qr(block)[0]
    captured = 0.0
    mean, values, vectors = np.zeros(size), np.zeros(width), block
    for i in range(_PASSES):
        found = stats.collect(
            gan,
            {layer: {"pca": _zero(size, block)}},
            num_images=num_images,
            batch_size=batch_size,
            mesh=mesh,
            resume=None if resume is None else resume / f"pass{i}.npz",
            progress=progress,
            key=image_key,
        )[layer]["pca"]
        product = found.products / num_images
        values, rotation = np.linalg.eigh(block.T @ product)
        values, vectors = values[::-1], block @ rotation[:, ::-1]
        mean = found.mean
        before, captured = captured, values[:num_components].sum()
        if captured - before <= _RISE * captured:
            break
        block = np.linalg.qr(product)[0]
    components = orient(vectors[:, :num_components].T)
    return Pca(
        mean,
        components.reshape(-1, *size),
        np.maximum(values[:num_components], 0.0),
    )


class CovarianceTimes(NamedTuple):
    """Sums that tell the product of the activations' covariance and a block.

    Attributes:
        block: Vectors.
        num_images: Images seen.
        mean: Of their activations.
        products: Sum of the deviations from it, each times its products with the block.
    """

    block: Float[np.ndarray | Array, "feature vector"]
    num_images: Int[np.ndarray | Array, ""]
    mean: Float[np.ndarray | Array, "row col unit"]
    products: Float[np.ndarray | Array, "feature vector"]

    def update(self, seen: stats.Seen) -> "CovarianceTimes":
        """Returns the statistic with one more batch, in float32."""
        num_images, mean, deviations = stats.center(seen)
        products = _times(deviations, self.block)
        return self.merge(CovarianceTimes(self.block, num_images, mean, products))

    def merge(self, other: "CovarianceTimes") -> "CovarianceTimes":
        """Returns the statistic of two disjoint sets of images."""
        mean, between = stats.merge_means(
            (self.num_images, self.mean), (other.num_images, other.mean)
        )
        products = self.products + other.products + _times(between[None], self.block)
        num_images = self.num_images + other.num_images
        return CovarianceTimes(self.block, num_images, mean, products)


def _zero(size: Layer, block: Float[np.ndarray, "feature vector"]) -> CovarianceTimes:
    return CovarianceTimes(
        block,
        jnp.zeros((), jnp.int32),
        jnp.zeros(size, jnp.float32),
        jnp.zeros(block.shape, jnp.float32),
    )


def _times(
    x: Float[np.ndarray | Array, "image row col unit"],
    block: Float[np.ndarray | Array, "feature vector"],
) -> Float[np.ndarray | Array, "feature vector"]:
    """Returns the sum over images of each times its products with the block."""
    flat = x.reshape(len(x), -1)
    if isinstance(flat, np.ndarray):
        return flat.T @ (flat @ block)
    times = functools.partial(jnp.matmul, precision=jax.lax.Precision.HIGHEST)
    return times(flat.T, times(flat, jnp.asarray(block, jnp.float32)))
