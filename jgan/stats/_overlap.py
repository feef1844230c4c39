"""How the pixels of units and those of concepts overlap.

A unit is compared with a concept where the question makes sense: in images that show
some concept of the same category, as in GAN Dissection (Bau et al., 2019), where an
image without any material says nothing about materials.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from jgan import ops
from jgan.stats._accumulator import Seen


class Overlap(NamedTuple):
    """Counts of pixels, at the size of the segmentation.

    Attributes:
        thresholds: A unit is active where it is strictly above its own.
        categories: Category of each concept, from 0.
        both: Pixels where a unit is active and a concept is shown.
        active: Pixels where a unit is active, in images that show the category.
        shown: Pixels that show a concept.
        pixels: Pixels of all images that show the category.
    """

    thresholds: Float[Array, " unit"]
    categories: Int[Array, " concept"]
    both: Int[Array, "unit concept"]
    active: Int[Array, "unit category"]
    shown: Int[Array, " concept"]
    pixels: Int[Array, " category"]

    def update(self, seen: Seen) -> "Overlap":
        """Returns the counts with one more batch, which must have labels.

        Raises:
            ValueError: If nobody segments.
        """
        if seen.labels is None:
            raise ValueError("An overlap needs labels: give `collect` a segmenter.")
        num_concepts = len(self.shown)
        counts = seen.weights > 0
        labels = distinct(jnp.where(counts[:, None, None, None], seen.labels, -1))
        both, active = ops.overlap_counts(
            seen.activation, self.thresholds, labels, num_concepts=num_concepts
        )
        shown = concept_pixels(labels, num_concepts)
        present = kinds_in(shown, self.categories, len(self.pixels))
        area = labels.shape[1] * labels.shape[2]
        return self._replace(
            both=self.both + both,
            active=self.active + active.T @ present,
            shown=self.shown + shown.sum(axis=0),
            pixels=self.pixels + area * present.sum(axis=0),
        )

    def merge(self, other: "Overlap") -> "Overlap":
        """Returns the counts of two disjoint sets of images."""
        return self._replace(
            both=self.both + other.both,
            active=self.active + other.active,
            shown=self.shown + other.shown,
            pixels=self.pixels + other.pixels,
        )

    def iou(self) -> Float[np.ndarray, "unit concept"]:
        """Returns intersection over union, 0 where neither has a pixel."""
        both, active, shown, _ = self._tables()
        return both / np.maximum(active + shown - both, 1)

    def concept_shares(self) -> Float[np.ndarray, "unit concept"]:
        """Returns which share of where a unit is active shows a concept, or 0."""
        both, active, _, _ = self._tables()
        return both / np.maximum(active, 1)

    def information_quality(self) -> Float[np.ndarray, "unit concept"]:
        """Returns the information quality ratio in [0, 1].

        Mutual information of "the unit is active" and "the concept is shown" over their
        joint entropy (Bau et al., 2019, section 3.1), 0 where there is none.
        """
        both, active, shown, pixels = self._tables()
        cells = (both, active - both, shown - both, pixels - active - shown + both)
        return quality_ratio(*(cell / np.maximum(pixels, 1) for cell in cells))

    def _tables(self) -> tuple[Float[np.ndarray, "..."], ...]:
        own = np.asarray(self.categories)
        return (
            np.asarray(self.both, np.float64),
            np.asarray(self.active, np.float64)[:, own],
            np.asarray(self.shown, np.float64)[None, :],
            np.asarray(self.pixels, np.float64)[own][None, :],
        )


def quality_ratio(
    both: Float[np.ndarray, "*n"],
    unit_only: Float[np.ndarray, "*n"],
    concept_only: Float[np.ndarray, "*n"],
    neither: Float[np.ndarray, "*n"],
) -> Float[np.ndarray, "*n"]:
    """Returns mutual information over joint entropy of two events, 0 if nothing varies.

    Args:
        both: Share of pixels; the four are clipped to [0, 1].
        unit_only: Share.
        concept_only: Share.
        neither: Share.
    """
    table = np.stack([both, unit_only, concept_only, neither]).clip(0, 1)
    both, unit_only, concept_only, neither = table
    unit, concept = both + unit_only, both + concept_only
    off, absent = concept_only + neither, unit_only + neither
    expected = np.stack([unit * concept, unit * absent, off * concept, off * absent])
    logarithm = lambda x: np.log(np.where(x > 0, x, 1.0))
    seen = table > 0
    information = np.where(seen, table * (logarithm(table) - logarithm(expected)), 0)
    entropy = -(table * logarithm(table)).sum(axis=0)
    total = information.sum(axis=0)
    return np.where(entropy > 0, total / np.where(entropy > 0, entropy, 1.0), 0.0)


def zero_overlap(
    thresholds: Float[ArrayLike, " unit"],
    *,
    num_concepts: int,
    categories: Sequence[int] | None = None,
) -> Overlap:
    """Returns the counts of no images at all.

    Args:
        thresholds: Of each unit; infinite for one that is never active.
        num_concepts: How many concepts there are.
        categories: Of each concept, whole numbers from 0; None for a single category.

    Raises:
        ValueError: If there are not as many categories as concepts, or a number is
            negative.
    """
    kinds = check_categories(categories, num_concepts)
    limits = jnp.asarray(thresholds, jnp.float32)
    num_categories = int(kinds.max()) + 1
    zeros = lambda *shape: jnp.zeros(shape, jnp.int32)
    return Overlap(
        limits,
        jnp.asarray(kinds),
        zeros(len(limits), num_concepts),
        zeros(len(limits), num_categories),
        zeros(num_concepts),
        zeros(num_categories),
    )


def check_categories(
    categories: Sequence[int] | None, num_concepts: int
) -> Int[np.ndarray, " concept"]:
    """Returns the category of each concept, 0 for all if there is a single one.

    Raises:
        ValueError: If there are not as many categories as concepts, or a number is
            negative.
    """
    kinds = np.zeros(num_concepts) if categories is None else np.asarray(categories)
    if kinds.shape != (num_concepts,) or num_concepts < 1 or kinds.min() < 0:
        raise ValueError(
            f"{num_concepts} concepts have categories {kinds.tolist()}; give each a "
            "whole number from 0."
        )
    return kinds.astype(np.int32)


def distinct(
    labels: Int[Array, "image row col slot"],
) -> Int[Array, "image row col slot"]:
    """Returns the labels, each once a pixel: a repeated one becomes -1."""
    slots = labels.shape[-1]
    earlier = np.tri(slots, k=-1, dtype=bool)[None, None, None]
    same = labels[..., :, None] == labels[..., None, :]
    return jnp.where((same & earlier).any(axis=-1), -1, labels)


def kinds_in(
    shown: Int[Array, "image concept"],
    categories: Int[Array, " concept"],
    num_categories: int,
) -> Int[Array, "image category"]:
    """Returns 1 for each category of which an image shows a concept, else 0."""
    members = jnp.arange(num_categories)[None, :] == categories[:, None]
    return (shown @ members.astype(jnp.int32) > 0).astype(jnp.int32)


def concept_pixels(
    labels: Int[Array, "image row col slot"], num_concepts: int
) -> Int[Array, "image concept"]:
    """Returns how many pixels of each image show each concept."""
    images = jnp.arange(len(labels))[:, None]
    flat = labels.reshape(len(labels), -1)
    # A negative index would count from the end.
    place = jnp.where(flat >= 0, flat, num_concepts)
    counts = jnp.zeros((len(labels), num_concepts), jnp.int32)
    return counts.at[images, place].add(1, mode="drop")
