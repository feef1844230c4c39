"""What a unit is known by: where its map is active, in many images.

The paper groups filters of similar activations (Li et al., 2022) and does not say how
they are compared: a jgan reconstruction. A unit's map, without what is negative, is
scaled to length 1 in each image, so that where it is active counts and how strongly
does not; its maps in all images, one after the other, describe it. Of these long
vectors nothing but products is needed, which are added up image by image.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan


class MapProducts(NamedTuple):
    """Sums over images of the products of units' normalized maps: a statistic.

    Attributes:
        num_images: Images seen.
        num_active: In how many of them a unit's map is anywhere above zero.
        products: Of the maps of two units.
    """

    num_images: Int[Array, ""]
    num_active: Int[Array, " unit"]
    products: Float[Array, "unit other_unit"]

    def update(self, seen: stats.Seen) -> "MapProducts":
        """Returns the statistic with one more batch."""
        counts = seen.weights > 0
        maps = normalized_maps(seen.activation)
        maps = jnp.where(counts[:, None, None, None], maps, 0.0)
        active = jnp.any(maps > 0, axis=(1, 2))
        products = jnp.einsum(
            "nhwu,nhwv->uv", maps, maps, precision=jax.lax.Precision.HIGHEST
        )
        batch = MapProducts(
            counts.sum(dtype=jnp.int32), active.sum(axis=0, dtype=jnp.int32), products
        )
        return self.merge(batch)

    def merge(self, other: "MapProducts") -> "MapProducts":
        """Returns the statistic of two disjoint sets of images."""
        return MapProducts(*(a + b for a, b in zip(self, other, strict=True)))


def zero_products(num_units: int) -> MapProducts:
    """Returns the products of no images at all."""
    return MapProducts(
        jnp.zeros((), jnp.int32),
        jnp.zeros(num_units, jnp.int32),
        jnp.zeros((num_units, num_units)),
    )


def normalized_maps(
    activation: Float[Array, "image row col unit"],
) -> Float[Array, "image row col unit"]:
    """Returns each unit's map of each image without what is negative, of length 1.

    A map without anything above zero is zero everywhere.
    """
    maps = jax.nn.relu(activation.astype(jnp.float32))
    # By the largest first: squares of small numbers would be zero.
    largest = jax.lax.stop_gradient(maps.max(axis=(1, 2), keepdims=True))
    maps = maps / jnp.where(largest > 0, largest, 1.0)
    squares = jnp.square(maps).sum(axis=(1, 2), keepdims=True)
    # Not the root of zero, whose derivative is infinite.
    return maps / jnp.sqrt(jnp.where(squares > 0, squares, 1.0))


class Descriptors(NamedTuple):
    """Points whose distances are those of the units' maps, as far as they go.

    Attributes:
        layer: Of the units.
        points: Of each unit that is alive, principal components first.
        alive: Units whose map is above zero in some image; the others have no point.
        explained: Share of the points' variance that all components have.
    """

    layer: str
    points: Float[np.ndarray, "alive_unit number"]
    alive: Bool[np.ndarray, " unit"]
    explained: float


def describe_units(
    gan: Gan,
    layer: str,
    *,
    num_images: int = 512,
    batch_size: int = 32,
    num_components: int = 16,
    mesh: Mesh | None = None,
    key: PRNGKeyArray,
) -> Descriptors:
    """Returns what tells the units of a layer apart, float32.

    Args:
        gan: The generator.
        layer: Of ``gan.layers``.
        num_images: Images that units are described by.
        batch_size: Images at a time.
        num_components: Of the points, at most; fewer where there are fewer units.
        mesh: As `jgan.stats.collect` has it.
        key: Consumed whole. The same key means the same latents.

    Raises:
        ValueError: If there is no such layer, an activation is not finite, or all units
            are dead.
    """
    stats.check_layers(gan, (layer,))
    collected = stats.collect(
        gan,
        {layer: {"products": zero_products(gan.layers[layer].units)}},
        num_images=num_images,
        batch_size=batch_size,
        mesh=mesh,
        key=key,
    )
    products = collected[layer]["products"]
    return describe(layer, products, num_components=num_components)


def describe(layer: str, products: MapProducts, *, num_components: int) -> Descriptors:
    """Returns the descriptors that products tell of.

    Args:
        layer: Of the units.
        products: Of the maps.
        num_components: As `describe_units` has it.

    Raises:
        ValueError: If all units are dead, or `num_components` is below 1.
    """
    if num_components < 1:
        raise ValueError(f"num_components is {num_components}; give at least 1.")
    alive = np.asarray(products.num_active) > 0
    if not alive.any():
        raise ValueError(
            f"None of the {len(alive)} units is above zero in any of "
            f"{int(products.num_images)} images. Describe another layer."
        )
    gram = np.asarray(products.products, np.float64)[np.ix_(alive, alive)]
    gram = gram / float(products.num_images)
    # About the mean, as distances do not depend on where zero is.
    centered = gram - gram.mean(axis=0) - gram.mean(axis=1, keepdims=True) + gram.mean()
    values, vectors = np.linalg.eigh(centered)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    kept = values[:num_components]
    points = vectors[:, :num_components] * np.sqrt(kept)
    total = values.sum()
    explained = float(kept.sum() / total) if total > 0 else 1.0
    return Descriptors(layer, points.astype(np.float32), alive, explained)
