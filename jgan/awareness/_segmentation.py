"""Parts of a synthesized image, told apart by the channels that serve its class."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.awareness._clusters import cluster_pixels
from jgan.awareness._pixels import pixel_features
from jgan.gan import Gan

# In 5 clusters of `scenes64` the best of 8 has 0.3 % more inertia than the best of 32,
# one alone 3 %.
_NUM_STARTS = 8

_ByLayer = Mapping[str, Float[Array, "class _unit"] | Float[np.ndarray, "class _unit"]]


def segment_images(
    gan: Gan,
    latents: Any,
    *,
    awareness: _ByLayer | None = None,
    layers: Sequence[str] = (),
    num_clusters: int,
    key: PRNGKeyArray,
) -> Int[Array, "image row col"]:
    """Returns the cluster of each pixel of each image, int32, the largest numbered 0.

    The features of a pixel are the activations of all layers there, enlarged bilinearly
    to the image. With awareness, the squared distance of two pixels weights each
    channel by its share of the awareness of its layer, for the class of the image:
    layers count alike, wide or narrow, and what serves other classes counts little.
    Pixels are clustered by k-means, for each image on its own: clusters of two images
    have nothing to do with each other. How an image is cut depends neither on the
    others of the batch nor on their number. Images exist one at a time, and enlarged
    features never.

    After He et al. (2022), who publish no more than "clustering on per-pixel features
    weighted by channel awareness", and that clusters are blocky without weights, as
    wide layers of few pixels rule them; the rest is jgan reconstruction. Shares are
    what keeps those layers from ruling here, where awareness itself does not.

    Args:
        gan: The generator.
        latents: Of the images, from ``gan.sample_latents``.
        awareness: By layer, from `channel_awareness`. None takes all channels alike.
            A layer of no awareness for a class is left out of its images.
        layers: Names from ``gan.layers``; by default the class-conditional ones.
        num_clusters: How many clusters to cut an image into.
        key: Chooses where clusters start. Consumed whole.

    Raises:
        ValueError: If a layer does not exist, has one pixel or no awareness of the
            right shape, there are fewer than 2 clusters or more than pixels, awareness
            is negative or not finite, or an activation is not finite. The last two are
            not seen under a jit of your own.
    """
    chosen = tuple(layers) or gan.conditional_layers
    _check(gan, chosen, num_clusters)
    shares = None
    if awareness is not None:
        _check_awareness(gan, chosen, awareness)
        shares = {name: _shares(jnp.asarray(awareness[name])) for name in chosen}
    labels, finite = _labels_of(
        gan, latents, shares, key, layers=chosen, num_clusters=num_clusters
    )
    if not isinstance(labels, jax.core.Tracer):
        stats.check_finite(finite, batch=0)
    return labels


@functools.partial(jax.jit, static_argnames=("layers", "num_clusters"))
def _labels_of(
    gan: Gan,
    latents: Any,
    shares: _ByLayer | None,
    key: PRNGKeyArray,
    *,
    layers: tuple[str, ...],
    num_clusters: int,
) -> tuple[Int[Array, "image row col"], dict[str, Bool[Array, ""]]]:
    def of_one(latent: Any) -> tuple[Int[Array, "row col"], dict[str, Bool[Array, ""]]]:
        one = jax.tree.map(lambda x: x[None], latent)
        _, taps = gan.forward(gan.params, one, None)
        maps = {name: taps[name][0].astype(jnp.float32) for name in layers}
        finite = {name: jnp.isfinite(maps[name]).all() for name in layers}
        if shares is not None:
            # Of a feature; its square is the weight of a squared distance.
            weights = {n: jnp.sqrt(s[latent.class_label]) for n, s in shares.items()}
            maps = {n: m * weights[n][None, None] for n, m in maps.items()}
        features = pixel_features([*maps.values()], side=gan.resolution)
        found = cluster_pixels(
            features, num_clusters=num_clusters, num_starts=_NUM_STARTS, key=key
        )
        return found.labels, finite

    labels, finite = jax.lax.map(of_one, latents)
    return labels, {name: jnp.all(is_finite) for name, is_finite in finite.items()}


def _shares(awareness: Float[Array, "class unit"]) -> Float[Array, "class unit"]:
    total = jnp.sum(awareness, axis=1, keepdims=True)
    return awareness / jnp.where(total == 0, 1.0, total)


def _check(gan: Gan, layers: tuple[str, ...], num_clusters: int) -> None:
    if not layers:
        raise ValueError(
            f"{gan.name} has no class-conditional layers to take by default. Name the "
            "layers."
        )
    stats.check_layers(gan, layers)
    for name in layers:
        if gan.layers[name].rows * gan.layers[name].cols == 1:
            raise ValueError(f"Layer {name!r} has one pixel, so it tells none apart.")
    pixels = gan.resolution**2
    if not 2 <= num_clusters <= pixels:
        raise ValueError(
            f"num_clusters is {num_clusters}; give 2 to {pixels}, the pixels of an "
            "image."
        )


def _check_awareness(gan: Gan, layers: tuple[str, ...], awareness: _ByLayer) -> None:
    lacking = [name for name in layers if name not in awareness]
    if lacking:
        raise ValueError(
            f"There is no awareness of {', '.join(lacking)}, only of "
            f"{', '.join(awareness)}. Choose among those layers, or measure the others "
            "with `empirical_awareness`."
        )
    for name in layers:
        shape = gan.num_classes, gan.layers[name].units
        if np.shape(awareness[name]) != shape:
            raise ValueError(
                f"The awareness of {name} has shape {np.shape(awareness[name])}, not "
                f"{shape}, the classes and units of {gan.name}. Measure it on this "
                "generator."
            )
        if isinstance(awareness[name], jax.core.Tracer):
            continue
        values = np.asarray(awareness[name])
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(
                f"The awareness of {name} goes from {values.min():.3g} to "
                f"{values.max():.3g}; shares of a layer take finite values from 0. "
                "Choose layers read after a ReLU."
            )
