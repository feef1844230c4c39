"""K-means of the pixels of one image (Lloyd, 1982), from several k-means++ starts."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan.awareness._pixels import PixelFeatures, Points, dots, norms, sums

# In 5 clusters of `scenes64` half of all starts take 18, the longest of 1024 took 74.
_MOST_STEPS = 100


class Clusters(NamedTuple):
    """A partition of pixels.

    Attributes:
        labels: Of each pixel.
        inertia: Sum of the squared distances to the center of the own cluster.
    """

    labels: Int[Array, "row col"]
    inertia: Float[Array, ""]


def cluster_pixels(
    features: PixelFeatures, *, num_clusters: int, num_starts: int, key: PRNGKeyArray
) -> Clusters:
    """Returns the best of several clusterings, the largest cluster numbered 0.

    Args:
        features: Of the pixels.
        num_clusters: How many. One stays empty only if fewer pixels differ.
        num_starts: How many k-means++ starts to take the least inertia of.
        key: Consumed whole.
    """

    def of_start(key: PRNGKeyArray) -> Clusters:
        pixels = choose_starts(features, num_clusters=num_clusters, key=key)
        return lloyd(features, pixels)

    found = jax.vmap(of_start)(jax.random.split(key, num_starts))
    best = jnp.argmin(found.inertia)
    labels = found.labels[best]
    sizes = jnp.bincount(labels.ravel(), length=num_clusters)
    number = jnp.argsort(jnp.argsort(-sizes)).astype(jnp.int32)
    return Clusters(number[labels], found.inertia[best])


def choose_starts(
    features: PixelFeatures, *, num_clusters: int, key: PRNGKeyArray
) -> Int[Array, " cluster"]:
    """Returns pixels that are far apart, by k-means++ (Arthur & Vassilvitskii, 2007).

    The first is any pixel. Each of the others is drawn with a probability proportional
    to its squared distance to the nearest one before.
    """
    first_key, *keys = jax.random.split(key, num_clusters)
    first = jax.random.randint(first_key, (), 0, features.squares.size)

    def choose(
        state: tuple[Int[Array, ""], Float[Array, "row col"]], key: PRNGKeyArray
    ) -> tuple[tuple[Int[Array, ""], Float[Array, "row col"]], Int[Array, ""]]:
        last, nearest = state
        from_last = _distances(features, _at(features, last[None]))[..., 0]
        nearest = jnp.minimum(nearest, from_last)
        pixel = jax.random.categorical(key, jnp.log(nearest.ravel()))
        return (pixel.astype(jnp.int32), nearest), pixel.astype(jnp.int32)

    far = jnp.full_like(features.squares, jnp.inf)
    _, others = jax.lax.scan(choose, (first, far), jnp.stack(keys))
    return jnp.concatenate([first[None], others])


class _Step(NamedTuple):
    labels: Int[Array, "row col"]
    centers: Points
    number: Int[Array, ""]
    moves: Bool[Array, ""]


def lloyd(features: PixelFeatures, pixels: Int[Array, " cluster"]) -> Clusters:
    """Returns the clusters that the centers move to, by Lloyd's steps.

    A cluster that loses its last pixel starts anew at the pixel farthest from its
    center.

    Args:
        features: Of the pixels.
        pixels: Where the centers start, as indices of pixels row by row.
    """

    def step(last: _Step) -> _Step:
        labels, nearest = _assign(features, last.centers)
        moves = jnp.any(labels != last.labels)
        centers = _centers(features, labels, nearest, num_clusters=len(pixels))
        return _Step(labels, centers, last.number + 1, moves)

    nowhere = jnp.full(features.squares.shape, -1, jnp.int32)
    start = _Step(nowhere, _at(features, pixels), jnp.int32(0), jnp.bool_(True))
    goes_on = lambda at: at.moves & (at.number < _MOST_STEPS)
    end = jax.lax.while_loop(goes_on, step, start)
    labels, nearest = _assign(features, end.centers)
    return Clusters(labels, jnp.sum(nearest))


def _at(features: PixelFeatures, pixels: Int[Array, " point"]) -> Points:
    return sums(features, _indicators(features, pixels))


def _indicators(
    features: PixelFeatures, pixels: Int[Array, " point"]
) -> Float[Array, "row col point"]:
    there = jax.nn.one_hot(pixels, features.squares.size, axis=0)
    return there.reshape(*features.squares.shape, len(pixels))


def _assign(
    features: PixelFeatures, centers: Points
) -> tuple[Int[Array, "row col"], Float[Array, "row col"]]:
    distances = _distances(features, centers)
    return jnp.argmin(distances, axis=2).astype(jnp.int32), jnp.min(distances, axis=2)


def _distances(
    features: PixelFeatures, points: Points
) -> Float[Array, "row col point"]:
    """Returns squared distances, which rounding would bring below 0."""
    distances = features.squares[..., None] - 2 * dots(features, points)
    return jnp.maximum(distances + norms(points)[None, None], 0.0)


def _centers(
    features: PixelFeatures,
    labels: Int[Array, "row col"],
    nearest: Float[Array, "row col"],
    *,
    num_clusters: int,
) -> Points:
    inside = jax.nn.one_hot(labels, num_clusters)
    sizes = inside.sum(axis=(0, 1))
    # As many as may be empty, so that each has a pixel of its own.
    _, farthest = jax.lax.top_k(nearest.ravel(), min(num_clusters, nearest.size))
    empty = sizes == 0
    anew = _indicators(features, farthest[jnp.cumsum(empty) - 1])
    means = inside / jnp.maximum(sizes, 1)[None, None]
    return sums(features, jnp.where(empty[None, None], anew, means))
