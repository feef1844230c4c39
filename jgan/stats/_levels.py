"""How units and concepts overlap at many levels of the activation at once."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.ops import enlarge
from jgan.stats._accumulator import Seen
from jgan.stats._overlap import check_categories, concept_pixels, distinct, kinds_in


class LevelCounts(NamedTuple):
    """Pixels by the number of levels that an activation is above, enlarged to labels.

    Attributes:
        levels: Of each unit, in ascending order.
        categories: Category of each concept, from 0.
        both: Pixels that show a concept, by how many levels the unit is above.
        units: Pixels of images that show the category, by the same.
        shown: Pixels that show a concept.
        pixels: Pixels of all images that show the category.
        all_pixels: Pixels of all images.
    """

    levels: Float[Array, "unit level"]
    categories: Int[Array, " concept"]
    both: Int[Array, "unit step concept"]
    units: Int[Array, "unit step category"]
    shown: Int[Array, " concept"]
    pixels: Int[Array, " category"]
    all_pixels: Int[Array, ""]

    def update(self, seen: Seen) -> "LevelCounts":
        """Returns the counts with one more batch, which must have labels.

        Raises:
            ValueError: If nobody segments.
        """
        if seen.labels is None:
            raise ValueError("Levels need labels: give `collect` a segmenter.")
        num_concepts = len(self.shown)
        counts = seen.weights > 0
        labels = distinct(jnp.where(counts[:, None, None, None], seen.labels, -1))
        shown = concept_pixels(labels, num_concepts)
        present = kinds_in(shown, self.categories, len(self.pixels))

        def add(tables: tuple[Array, Array], image: tuple[Array, Array, Array]):
            return self._add(tables, *image), None

        (both, units), _ = jax.lax.scan(
            add, (self.both, self.units), (seen.activation, labels, present)
        )
        area = labels.shape[1] * labels.shape[2]
        return self._replace(
            both=both,
            units=units,
            shown=self.shown + shown.sum(axis=0),
            pixels=self.pixels + area * present.sum(axis=0),
            all_pixels=self.all_pixels + area * counts.sum(),
        )

    def _add(
        self, tables: tuple[Array, Array], maps: Array, labels: Array, present: Array
    ) -> tuple[Array, Array]:
        both, units = tables
        rows, cols, slots = labels.shape
        values = enlarge(maps, rows, cols).reshape(rows * cols, -1)
        # The number of levels strictly below.
        step = jax.vmap(jnp.searchsorted, in_axes=(0, 1), out_axes=1)(
            self.levels, values
        )
        unit = jnp.arange(len(self.levels))[None, :]
        steps = jnp.zeros(units.shape[:2], jnp.int32).at[unit, step].add(1)
        units += steps[:, :, None] * present[None, None, :]
        num_concepts = both.shape[2]
        for slot in range(slots):
            concept = labels[..., slot].reshape(-1, 1)
            # A negative index would count from the end.
            place = jnp.where(concept >= 0, concept, num_concepts)
            both = both.at[unit, step, place].add(1, mode="drop")
        return both, units

    def merge(self, other: "LevelCounts") -> "LevelCounts":
        """Returns the counts of two disjoint sets of images."""
        return self._replace(
            both=self.both + other.both,
            units=self.units + other.units,
            shown=self.shown + other.shown,
            pixels=self.pixels + other.pixels,
            all_pixels=self.all_pixels + other.all_pixels,
        )

    def above(
        self,
    ) -> tuple[
        Int[np.ndarray, "unit level concept"], Int[np.ndarray, "unit level category"]
    ]:
        """Returns `both` and `units` where the unit is above each level."""
        upward = lambda table: np.flip(
            np.cumsum(np.flip(np.asarray(table, np.int64), 1), 1), 1
        )[:, 1:]
        return upward(self.both), upward(self.units)


def zero_levels(
    levels: Float[np.ndarray, "unit level"],
    *,
    num_concepts: int,
    categories: Sequence[int] | None = None,
) -> LevelCounts:
    """Returns the counts of no images at all.

    Args:
        levels: Of each unit, in ascending order.
        num_concepts: How many concepts there are.
        categories: Of each concept, whole numbers from 0; None for a single category.

    Raises:
        ValueError: If the levels do not ascend, or categories do not fit.
    """
    if not (np.diff(levels, axis=1) >= 0).all():
        raise ValueError("The levels of a unit do not ascend. Sort them.")
    kinds = check_categories(categories, num_concepts)
    num_units, num_levels = np.shape(levels)
    num_categories = int(kinds.max()) + 1
    zeros = lambda *shape: jnp.zeros(shape, jnp.int32)
    return LevelCounts(
        jnp.asarray(levels, jnp.float32),
        jnp.asarray(kinds),
        zeros(num_units, num_levels + 1, num_concepts),
        zeros(num_units, num_levels + 1, num_categories),
        zeros(num_concepts),
        zeros(num_categories),
        zeros(),
    )
