"""Accumulators that see a batch otherwise, and hand it on to another one."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from jgan.ops import enlarge
from jgan.stats._accumulator import Accumulator, Seen


class Enlarged(NamedTuple):
    """Sees activations enlarged to the size of the labels.

    Attributes:
        inner: What is filled.
    """

    inner: Accumulator

    def update(self, seen: Seen) -> "Enlarged":
        """Returns the statistic with one more batch, which must have labels."""
        if seen.labels is None:
            raise ValueError("To enlarge needs labels: give `collect` a segmenter.")
        size = seen.labels.shape[1:3]
        enlarged = jax.vmap(lambda maps: enlarge(maps, *size))(seen.activation)
        return Enlarged(self.inner.update(seen._replace(activation=enlarged)))

    def merge(self, other: "Enlarged") -> "Enlarged":
        """Returns the statistic of two disjoint sets of images."""
        return Enlarged(self.inner.merge(other.inner))


class OthersLabels(NamedTuple):
    """Sees each image with the labels of the next one of its batch.

    What is left between a unit and a concept is chance, and what all images share: the
    sky is above. A batch must have two images or more, on each device that shares it;
    which image is next depends on the batch size and on the number of devices.

    Attributes:
        inner: What is filled.
    """

    inner: Accumulator

    def update(self, seen: Seen) -> "OthersLabels":
        """Returns the statistic with one more batch, which must have labels.

        Raises:
            ValueError: If nobody segments, or the batch has a single image.
        """
        if seen.labels is None or len(seen.labels) < 2:
            raise ValueError(
                "Labels of other images need a segmenter, and a batch of two or more."
            )
        # An image that only pads the batch has no labels to give.
        counts = seen.weights * jnp.roll(seen.weights, -1)
        labels = jnp.roll(seen.labels, -1, axis=0)
        return OthersLabels(
            self.inner.update(seen._replace(labels=labels, weights=counts))
        )

    def merge(self, other: "OthersLabels") -> "OthersLabels":
        """Returns the statistic of two disjoint sets of images."""
        return OthersLabels(self.inner.merge(other.inner))
