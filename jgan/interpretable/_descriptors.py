"""What a unit is known by: where its map is active, in many images.

The paper groups filters of similar activations (Li et al., 2022) and does not say how
they are compared: a jgan reconstruction. A unit is active by as much as it is off its
rest. Its map is scaled to length 1 in each image, so that where it is active counts and
how strongly does not; its maps in all images, one after the other, describe it. Of
these long vectors nothing but products is needed, which are added up image by image.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, ArrayLike, Bool, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan
from jgan.interpretable._rest import rest_levels


class MapProducts(NamedTuple):
    """Sums over images of the products of units' normalized maps: a statistic.

    Attributes:
        rest: Of each unit at each place.
        num_images: Images seen.
        num_active: In how many of them a unit is anywhere off its rest.
        products: Of the maps of two units.
    """

    rest: Float[Array, "row col unit"]
    num_images: Int[Array, ""]
    num_active: Int[Array, " unit"]
    products: Float[Array, "unit other_unit"]

    def update(self, seen: stats.Seen) -> "MapProducts":
        """Returns the statistic with one more batch."""
        counts = seen.weights > 0
        maps = normalized_maps(seen.activation, self.rest)
        maps = jnp.where(counts[:, None, None, None], maps, 0.0)
        active = jnp.any(maps > 0, axis=(1, 2))
        products = jnp.einsum(
            "nhwu,nhwv->uv", maps, maps, precision=jax.lax.Precision.HIGHEST
        )
        num_active = active.sum(axis=0, dtype=jnp.int32)
        return self.merge(
            MapProducts(self.rest, counts.sum(dtype=jnp.int32), num_active, products)
        )

    def merge(self, other: "MapProducts") -> "MapProducts":
        """Returns the statistic of two disjoint sets of images."""
        return MapProducts(
            self.rest,
            self.num_images + other.num_images,
            self.num_active + other.num_active,
            self.products + other.products,
        )


def zero_products(rest: Float[ArrayLike, "row col unit"]) -> MapProducts:
    """Returns the products of no images at all, of units with those rests."""
    num_units = np.shape(rest)[-1]
    return MapProducts(
        jnp.asarray(rest, jnp.float32),
        jnp.zeros((), jnp.int32),
        jnp.zeros(num_units, jnp.int32),
        jnp.zeros((num_units, num_units)),
    )


def normalized_maps(
    activation: Float[ArrayLike, "image row col unit"],
    rest: Float[ArrayLike, "row col unit"],
) -> Float[Array, "image row col unit"]:
    """Returns how far each unit is off its rest, each map of each image of length 1.

    A map of a unit that is at rest everywhere is zero everywhere.

    Args:
        activation: Of a layer.
        rest: Of its units; see `rest_levels`.
    """
    rest = jnp.asarray(rest, jnp.float32)[None]
    maps = jnp.abs(jnp.asarray(activation).astype(jnp.float32) - rest)
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
        rest: Of each unit at each place.
        points: Of each unit that is alive, principal components first.
        alive: Units that are off their rest in some image; the others have no point.
        explained: Share of the points' variance that all components have.
    """

    layer: str
    rest: Float[np.ndarray, "row col unit"]
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
        mesh: As `jgan.stats.collect` has it, for the products; rests are found on one
            device, as many images at a time as one of the mesh has.
        key: Consumed whole. The same key means the same latents.

    Raises:
        ValueError: If there is no such layer, an activation is not finite, or all units
            are dead.
    """
    sizes: Any = {"num_images": num_images, "batch_size": batch_size}
    share = batch_size if mesh is None else max(1, batch_size // mesh.size)
    rest = rest_levels(gan, layer, num_images=num_images, batch_size=share, key=key)
    collected = stats.collect(
        gan, {layer: {"products": zero_products(rest)}}, **sizes, mesh=mesh, key=key
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
            f"None of the {len(alive)} units is anything but constant in "
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
    return Descriptors(
        layer,
        np.asarray(products.rest, np.float32),
        points.astype(np.float32),
        alive,
        explained,
    )
