"""How the activations of images vary along each mode: rows, columns and units.

A mode's scatter is the covariance that the images' activations have when all modes but
one are taken together as samples (Lu et al., 2008: multilinear PCA). Its eigenvectors
are the mode's basis. It has the mode's size squared, whatever the number of images.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen
from jgan.stats._covariance import sums_of
from jgan.stats._exact import (
    ExactSum,
    exact_count,
    split,
    zero_sum,
)

MODES: tuple[str, ...] = ("row", "col", "unit")


class ModeScatter(NamedTuple):
    """Sufficient statistics for the mean activation and the scatter of modes.

    Attributes:
        num_images: Images seen.
        total: Sum of the activations, of the shape of one.
        products: By mode, the sum of the products of two of its places. Those of modes
            that are not in it are not gathered.
    """

    num_images: Int[Array, ""]
    total: ExactSum
    products: dict[str, ExactSum]

    def update(self, seen: Seen) -> "ModeScatter":
        """Returns the statistic with one more batch, in float32."""
        activation = seen.activation.astype(jnp.float32)
        images = len(activation)
        counts = seen.weights > 0
        flat = split(activation.reshape(images, 1, -1), counts)
        total = flat.sums().plus(exact_count(counts.sum()).times(flat.origin))
        shape = activation.shape[1:]
        total = ExactSum(total.high.reshape(shape), total.low.reshape(shape))
        products = {}
        for mode in self.products:
            last = jnp.moveaxis(activation, 1 + MODES.index(mode), -1)
            samples = last.reshape(images, -1, last.shape[-1])
            _, products[mode] = sums_of(samples, counts)
        return self.merge(ModeScatter(counts.sum(), total, products))

    def merge(self, other: "ModeScatter") -> "ModeScatter":
        """Returns the statistic of two disjoint sets of images."""
        return ModeScatter(
            self.num_images + other.num_images,
            self.total.plus(other.total),
            {mode: p.plus(other.products[mode]) for mode, p in self.products.items()},
        )

    @property
    def mean(self) -> Float[np.ndarray, "row col unit"]:
        """Mean activation in float64, 0 where nothing was seen."""
        return self.total.value() / np.maximum(self.num_images, 1)

    def scatter(self, mode: str) -> Float[np.ndarray, "place other_place"]:
        """Returns one mode's scatter about the mean activation, in float64.

        It is a sum over the other modes and a mean over images, 0 where none was seen.

        Args:
            mode: ``"row"``, ``"col"`` or ``"unit"``, one that is gathered.
        """
        unfolded = np.moveaxis(self.mean, MODES.index(mode), 0)
        unfolded = unfolded.reshape(len(unfolded), -1)
        products = self.products[mode].value() / np.maximum(self.num_images, 1)
        return products - unfolded @ unfolded.T


def zero_scatter(
    rows: int, cols: int, units: int, *, modes: tuple[str, ...] = MODES
) -> ModeScatter:
    """Returns the scatter of no images at all.

    Args:
        rows: Size of the activation.
        cols: Its columns.
        units: Its units.
        modes: Which modes to gather, of ``"row"``, ``"col"`` and ``"unit"``.
    """
    sizes = dict(zip(MODES, (rows, cols, units), strict=True))
    return ModeScatter(
        jnp.zeros((), jnp.int32),
        zero_sum(rows, cols, units),
        {mode: zero_sum(sizes[mode], sizes[mode]) for mode in modes},
    )
