"""Quantiles of every unit: within 0.4 % after one pass over images, exact after two.

The first pass counts how many pixels fall to each bfloat16, rounded down: a histogram
of 65,536 bins, finer where numbers are small, that needs no range in advance and merges
by addition. It leaves one bin in which a quantile must lie. The second pass counts the
lower 16 bits of the pixels in that bin, and these name the pixel.

A quantile of level q is the smallest value that at least a share q of the pixels does
not exceed: always the value of a pixel (``method="inverted_cdf"`` in NumPy).
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.stats._accumulator import Seen
from jgan.stats._bits import NUM_HALVES, float_of, halves

# Half of the width of a bin, relative to its lower end: bfloat16 keeps 7 bits.
RELATIVE_ERROR = 2.0**-8


class Quantiles(NamedTuple):
    """How many pixels of each unit fall into each bin.

    Attributes:
        counts: By unit and bin, in ascending order of what the bins hold.
        lowest: Lowest activation of each unit, infinity where nothing was seen.
        highest: Highest activation, minus infinity where nothing was seen.
    """

    counts: Int[Array, "unit bin"]
    lowest: Float[Array, " unit"]
    highest: Float[Array, " unit"]

    def update(self, seen: Seen) -> "Quantiles":
        """Returns the histogram with one more batch."""
        values, weights = _by_unit(seen)
        upper, _ = halves(values)
        units = jnp.arange(values.shape[1])[None, :]
        ends = jnp.where(weights[:, None] > 0, values, jnp.nan)
        return Quantiles(
            self.counts.at[units, upper].add(weights[:, None]),
            jnp.minimum(self.lowest, jnp.nanmin(ends, axis=0, initial=jnp.inf)),
            jnp.maximum(self.highest, jnp.nanmax(ends, axis=0, initial=-jnp.inf)),
        )

    def merge(self, other: "Quantiles") -> "Quantiles":
        """Returns the histogram of two disjoint sets of images."""
        xp = self.counts.__array_namespace__()
        return Quantiles(
            self.counts + other.counts,
            xp.minimum(self.lowest, other.lowest),
            xp.maximum(self.highest, other.highest),
        )

    def quantiles(self, levels: Sequence[float]) -> Float[np.ndarray, "level unit"]:
        """Returns quantiles within `RELATIVE_ERROR`, NaN where nothing was seen.

        Numbers below the smallest normal one, 1.2e-38, count as 0.

        Raises:
            ValueError: If a level is not in [0, 1].
        """
        bins, _ = _find(np.asarray(self.counts), _ranks(self.counts, levels))
        low = float_of(bins, np.zeros_like(bins)).astype(np.float64)
        high = float_of(bins, np.full_like(bins, NUM_HALVES - 1)).astype(np.float64)
        middle = (low + high) / 2
        tiny = np.finfo(np.float32).tiny
        middle = np.where(np.abs(middle) < tiny, 0.0, middle)
        found = np.clip(middle, self.lowest, self.highest).astype(np.float32)
        return np.where(np.asarray(self.counts).sum(axis=1) > 0, found, np.nan)

    def refine(self, levels: Sequence[float]) -> "RefinedQuantiles":
        """Returns what a second pass over the same images fills, for some levels.

        Raises:
            ValueError: If a level is not in [0, 1].
        """
        bins, _ = _find(np.asarray(self.counts), _ranks(self.counts, levels))
        counts = jnp.zeros((*bins.shape, NUM_HALVES), jnp.int32)
        return RefinedQuantiles(counts, jnp.asarray(bins, jnp.int32))

    def exact(
        self, levels: Sequence[float], refined: "RefinedQuantiles"
    ) -> Float[np.ndarray, "level unit"]:
        """Returns the exact quantiles, NaN where nothing was seen.

        Args:
            levels: Those that `refine` was given.
            refined: Filled by a second pass.

        Raises:
            ValueError: If the second pass did not see the images of the first.
        """
        ranks = _ranks(self.counts, levels)
        bins, within = _find(np.asarray(self.counts), ranks)
        counts = np.asarray(refined.counts)
        first = np.take_along_axis(np.asarray(self.counts), bins.T, axis=1).T
        if not np.array_equal(counts.sum(axis=-1), first):
            raise ValueError(
                "The second pass did not see the pixels of the first. Give it the same "
                "levels, and the same images: the same key, number and batch size."
            )
        lower, _ = _find(counts, within)
        return np.where(ranks > 0, float_of(bins, lower), np.float32(np.nan))


class RefinedQuantiles(NamedTuple):
    """How many pixels of one bin have each lower half, for some levels.

    Attributes:
        counts: By level, unit and lower half, in ascending order.
        bins: The bin of the first pass.
    """

    counts: Int[Array, "level unit half"]
    bins: Int[Array, "level unit"]

    def update(self, seen: Seen) -> "RefinedQuantiles":
        """Returns the counts with one more batch."""
        values, weights = _by_unit(seen)
        upper, lower = halves(values)
        counts = self.counts
        units = jnp.arange(values.shape[1])[None, :]
        for level in range(len(self.bins)):
            inside = upper == self.bins[level][None, :]
            # Elsewhere the index is out of bounds, and the addition dropped.
            place = jnp.where(inside, lower, NUM_HALVES)
            counts = counts.at[level, units, place].add(weights[:, None], mode="drop")
        return self._replace(counts=counts)

    def merge(self, other: "RefinedQuantiles") -> "RefinedQuantiles":
        """Returns the counts of two disjoint sets of images."""
        return self._replace(counts=self.counts + other.counts)


def zero_quantiles(num_units: int) -> Quantiles:
    """Returns the histogram of no pixels at all."""
    return Quantiles(
        jnp.zeros((num_units, NUM_HALVES), jnp.int32),
        jnp.full((num_units,), jnp.inf, jnp.float32),
        jnp.full((num_units,), -jnp.inf, jnp.float32),
    )


def _by_unit(seen: Seen) -> tuple[Float[Array, "n unit"], Int[Array, " n"]]:
    units = seen.activation.shape[-1]
    values = seen.activation.astype(jnp.float32).reshape(-1, units)
    weights = (seen.weights > 0).astype(jnp.int32)
    return values, jnp.repeat(weights, len(values) // len(weights))


def _ranks(
    counts: Array | np.ndarray, levels: Sequence[float]
) -> Float[np.ndarray, "level unit"]:
    if not len(levels) or not all(0 <= level <= 1 for level in levels):
        raise ValueError(f"The levels are {list(levels)}; give numbers in [0, 1].")
    totals = np.asarray(counts).sum(axis=1)[None, :]
    ranks = np.ceil(np.asarray(levels, np.float64)[:, None] * totals)
    # The lowest value is the quantile of level 0.
    return np.where(totals > 0, np.maximum(ranks, 1), 0)


def _find(
    counts: Int[np.ndarray, "*lead n"], ranks: Float[np.ndarray, "level unit"]
) -> tuple[Int[np.ndarray, "level unit"], Float[np.ndarray, "level unit"]]:
    """Returns the place that holds each rank, and the rank within it."""
    places, within = np.zeros(ranks.shape, np.int64), np.zeros(ranks.shape)
    for unit in range(ranks.shape[1]):
        for level in range(ranks.shape[0]):
            row = counts[unit] if counts.ndim == 2 else counts[level, unit]
            upto = np.cumsum(row)
            rank = ranks[level, unit]
            place = min(int(np.searchsorted(upto, rank)), len(row) - 1)
            places[level, unit] = place
            within[level, unit] = rank - (upto[place] - row[place])
    return places, np.where(ranks > 0, within, 0)
