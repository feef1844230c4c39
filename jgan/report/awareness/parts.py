"""Images cut into parts, with channels taken alike and weighted by awareness."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import scipy.optimize
from jaxtyping import Float, Int, PRNGKeyArray, UInt8

from jgan import awareness, images as pictures, metrics
from jgan.gan import Gan

NUM_CLUSTERS = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parts:
    """Images cut into parts in two ways.

    Attributes:
        images: One of each class.
        alike: Cluster of each pixel, all channels alike.
        aware: The same with channels weighted by awareness; the clusters are numbered
            so that those of `alike` and these share most pixels.
        agreement: Adjusted Rand index of the two, for each image.
    """

    images: UInt8[np.ndarray, "image row col 3"]
    alike: Int[np.ndarray, "image row col"]
    aware: Int[np.ndarray, "image row col"]
    agreement: Float[np.ndarray, " image"]


def cut_images(
    gan: Gan,
    values: Mapping[str, Float[np.ndarray, "class _unit"]],
    latents: Any,
    *,
    key: PRNGKeyArray,
) -> Parts:
    """Returns the parts of some images.

    Args:
        gan: The generator.
        values: Awareness, by layer. Layers of one pixel are left out.
        latents: Of the images.
        key: Consumed whole.
    """
    layers = tuple(n for n in values if gan.layers[n].rows * gan.layers[n].cols > 1)
    cut = lambda weights: np.asarray(
        awareness.segment_images(
            gan,
            latents,
            awareness=weights,
            layers=layers,
            num_clusters=NUM_CLUSTERS,
            key=key,
        )
    )
    alike, aware = cut(None), cut(values)
    images, _ = jax.jit(gan.forward)(gan.params, latents)
    return Parts(
        images=pictures.to_uint8(images),
        alike=alike,
        aware=np.stack([_renumbered(*two) for two in zip(aware, alike, strict=True)]),
        agreement=metrics.adjusted_rand_index(aware, alike),
    )


def _renumbered(
    labels: Int[np.ndarray, "row col"], like: Int[np.ndarray, "row col"]
) -> Int[np.ndarray, "row col"]:
    shared = np.zeros((NUM_CLUSTERS, NUM_CLUSTERS), int)
    np.add.at(shared, (labels, like), 1)
    _, matched = scipy.optimize.linear_sum_assignment(-shared)
    return matched[labels]
