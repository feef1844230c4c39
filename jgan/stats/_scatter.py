"""How the activations of images vary along each mode: rows, columns and units.

A mode's scatter is the covariance that the images' activations have when all modes but
one are taken together as samples (Lu et al., 2008: multilinear PCA). Its eigenvectors
are the mode's basis. It has the mode's size squared, whatever the number of images.

Products are of deviations from the mean of their batch, and batches are brought
together about the mean of both (Chan, Golub and LeVeque, 1983), in sums of two floats.
What remains is what a batch's own matrix product rounds, 1e-7 of the largest variance
and less with every batch: a tenth of the time that sums without rounding take.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen
from jgan.stats._exact import ExactSum, zero_sum

MODES: tuple[str, ...] = ("row", "col", "unit")
_Floats = Array | np.ndarray


class ModeScatter(NamedTuple):
    """Sufficient statistics for the mean activation and the scatter of modes.

    Attributes:
        num_images: Images seen.
        mean: Of their activations, 0 where nothing was seen.
        products: By mode, the sum of the products of two of its places, about the mean.
            Those of modes that are not in it are not gathered.
    """

    num_images: Int[_Floats, ""]
    mean: Float[_Floats, "row col unit"]
    products: dict[str, ExactSum]

    def update(self, seen: Seen) -> "ModeScatter":
        """Returns the statistic with one more batch, in float32."""
        counts = (seen.weights > 0)[:, None, None, None]
        activation = jnp.where(counts, seen.activation.astype(jnp.float32), 0.0)
        num_images = jnp.sum(counts)
        divisor = jnp.maximum(num_images, 1).astype(jnp.float32)
        mean = activation.sum(axis=0) / divisor
        deviations = jnp.where(counts, activation - mean[None], 0.0)
        products = {mode: _sum_of_one(deviations, mode) for mode in self.products}
        return self.merge(ModeScatter(num_images, mean, products))

    def merge(self, other: "ModeScatter") -> "ModeScatter":
        """Returns the statistic of two disjoint sets of images."""
        ours, theirs = self.num_images, other.num_images
        xp = np if isinstance(self.mean, np.ndarray) else jnp
        dtype = self.mean.dtype
        share = theirs.astype(dtype) / xp.maximum(ours + theirs, 1).astype(dtype)
        difference = other.mean - self.mean
        # About the mean of both, each has this many images' squares more.
        between = difference * xp.sqrt(share * ours.astype(dtype))
        products = {
            mode: mine.plus(other.products[mode]).plus(_sum_of_one(between[None], mode))
            for mode, mine in self.products.items()
        }
        return ModeScatter(ours + theirs, self.mean + difference * share, products)

    def scatter(self, mode: str) -> Float[np.ndarray, "place other_place"]:
        """Returns one mode's scatter about the mean activation, in float64.

        It is a sum over the other modes and a mean over images, 0 where none was seen.

        Args:
            mode: ``"row"``, ``"col"`` or ``"unit"``, one that is gathered.
        """
        products = self.products[mode].value() / np.maximum(self.num_images, 1)
        return (products + products.T) / 2


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
        jnp.zeros((rows, cols, units), jnp.float32),
        {mode: zero_sum(sizes[mode], sizes[mode]) for mode in modes},
    )


def _sum_of_one(x: Float[_Floats, "image row col unit"], mode: str) -> ExactSum:
    """Returns the sum of the products of two places of a mode, as it is rounded."""
    axis = 1 + MODES.index(mode)
    others = [i for i in range(4) if i != axis]
    if isinstance(x, np.ndarray):
        products = np.tensordot(x, x, (others, others))
        return ExactSum(products, np.zeros_like(products))
    # Anything less than the highest rounds to bfloat16 on some devices.
    highest = jax.lax.Precision.HIGHEST
    products = jnp.tensordot(x, x, (others, others), precision=highest)
    return ExactSum(products, jnp.zeros_like(products))
