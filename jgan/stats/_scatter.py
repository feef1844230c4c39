"""How the activations of images vary along each mode: rows, columns and units.

A mode's scatter is the covariance that the images' activations have when all modes but
one are taken together as samples (Lu et al., 2008: multilinear PCA). Its eigenvectors
are the mode's basis. It has the mode's size squared, whatever the number of images.

Products are of deviations from the mean of their batch, and batches are brought
together about the mean of both (Chan, Golub and LeVeque, 1983), in sums of two floats.
What remains is what a batch's own matrix product rounds, 1e-7 of the largest variance
and less with every batch. At 512 x 4 x 4 that takes a seventh of the time of sums that
do not round.
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
_Number = Int[_Floats, ""] | np.integer


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
        num_images, mean, deviations = center(seen)
        mean, between = merge_means((self.num_images, self.mean), (num_images, mean))
        # As one more image: a second product, and its sum, would cost more.
        deviations = jnp.concatenate([deviations, between[None]])
        products = {
            mode: mine.plus_rounded(_products(deviations, mode))
            for mode, mine in self.products.items()
        }
        return ModeScatter(self.num_images + num_images, mean, products)

    def merge(self, other: "ModeScatter") -> "ModeScatter":
        """Returns the statistic of two disjoint sets of images."""
        mean, between = merge_means(
            (self.num_images, self.mean), (other.num_images, other.mean)
        )
        products = {
            mode: _sum(mine, other.products[mode], _products(between[None], mode))
            for mode, mine in self.products.items()
        }
        return ModeScatter(self.num_images + other.num_images, mean, products)

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


def center(
    seen: Seen,
) -> tuple[
    Int[Array, ""], Float[Array, "row col unit"], Float[Array, "image row col unit"]
]:
    """Returns how many images count, their mean, and all deviations from it, float32.

    The deviations of images that do not count are 0.
    """
    counts = seen.weights > 0
    activation = seen.activation.astype(jnp.float32)
    # From one of the images first: what is constant then deviates by nothing at all.
    origin = jnp.where(counts.any(), activation[jnp.argmax(counts)], 0.0)
    kept = counts[:, None, None, None]
    deviations = jnp.where(kept, activation - origin[None], 0.0)
    num_images = jnp.sum(counts)
    shift = deviations.sum(axis=0) / jnp.maximum(num_images, 1).astype(jnp.float32)
    deviations = jnp.where(kept, deviations - shift[None], 0.0)
    return num_images, origin + shift, deviations


def merge_means(
    ours: tuple[_Number, Float[_Floats, "row col unit"]],
    theirs: tuple[_Number, Float[_Floats, "row col unit"]],
) -> tuple[Float[_Floats, "row col unit"], Float[_Floats, "row col unit"]]:
    """Returns the mean of two sets of images, and what lies between theirs.

    The last is a deviation to add to those within the sets: with its products, sums of
    products about either mean become that about the mean of both.

    Args:
        ours: Number of images and their mean activation.
        theirs: Of the other set.
    """
    (num_ours, mean), (num_theirs, other_mean) = ours, theirs
    xp = np if isinstance(mean, np.ndarray) else jnp
    num_images = num_ours + num_theirs
    share = num_theirs.astype(mean.dtype) / xp.maximum(num_images, 1).astype(mean.dtype)
    difference = other_mean - mean
    between = difference * xp.sqrt(share * num_ours.astype(mean.dtype))
    return mean + difference * share, between


def _sum(
    ours: ExactSum, theirs: ExactSum, between: Float[_Floats, "place other_place"]
) -> ExactSum:
    if not isinstance(between, np.ndarray):
        return ours.plus(theirs).plus_rounded(between)
    # Float64 has room for both floats of a program. In pairs of it, all that is made on
    # the way would be most of what an analysis needs of the host's memory.
    total = ours.value()
    for term in (*theirs, between):
        total += term
    return ExactSum(total, np.zeros(total.shape))


def _products(
    x: Float[_Floats, "image row col unit"], mode: str
) -> Float[_Floats, "place other_place"]:
    """Returns the sum over all else of the products of two places of a mode."""
    axis = 1 + MODES.index(mode)
    others = [i for i in range(4) if i != axis]
    if isinstance(x, np.ndarray):
        places = np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])
        # Without BLAS, whose threads would wait on for more while the next batches
        # need their cores: a sixth of the time at 512 x 4 x 4.
        return np.einsum("is,it->st", places, places)
    batch = _without_copies(x.shape, axis)
    summed = [i for i in others if i not in batch]
    products = jax.lax.dot_general(
        x,
        x,
        ((summed, summed), (batch, batch)),
        # Anything less than the highest rounds to bfloat16 on some devices.
        precision=jax.lax.Precision.HIGHEST,
    )
    return products.sum(axis=tuple(range(len(batch))))


def _without_copies(shape: tuple[int, ...], axis: int) -> list[int]:
    """Returns the axes to multiply one by one, so that none moves past another.

    For rows and columns of 4 x 4 that takes a thirtieth off a whole decomposition. But
    all their products must not be more than the activation.
    """
    images, rows, cols, units = range(4)
    if axis == cols and shape[cols] <= shape[units]:
        return [images, rows]
    return [] if axis == units else [images]
