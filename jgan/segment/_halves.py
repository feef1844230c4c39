"""The halves of what a segmenter sees, as concepts of their own.

A unit that draws the tops of trees overlaps little with trees, and much with their
tops. So the bounding box of every connected component of a concept is cut in the middle
both ways, and the component's pixels get the labels of their halves (Bau et al., 2019,
in its code).
"""

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from jgan.segment._components import components
from jgan.typing import Images, Segmenter

# Top, left, bottom, right: the original's names, in its order.
_SUFFIXES = ("t", "l", "b", "r")


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Halved:
    """A segmenter that also tells halves. A pytree if the one that it asks is one.

    Attributes:
        segmenter: Tells the whole.
        of: Names of the concepts that are cut.
    """

    segmenter: Segmenter
    of: tuple[str, ...] = dataclasses.field(metadata={"static": True})

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names: the whole ones, then all upper halves, left, lower and right ones."""
        halves = (f"{name}-{suffix}" for suffix in _SUFFIXES for name in self.of)
        return *self.segmenter.concepts, *halves

    def segment(self, images: Images) -> Int[Array, "image label_row label_col slot"]:
        """Returns the labels, then each slot's top or bottom, then its left or right.

        Halves are -1 where their slot shows nothing that is cut.

        Raises:
            ValueError: If the labels are no integers.
        """
        labels = self.segmenter.segment(images)
        if not jnp.issubdtype(labels.dtype, jnp.integer):
            raise ValueError(
                f"The segmenter returns {labels.dtype} labels; they are integers."
            )
        # Before any arithmetic, in which small integers overflow.
        labels = labels.reshape(*labels.shape[:3], -1).astype(jnp.int32)
        concepts = tuple(self.segmenter.concepts)
        chosen = [concepts.index(name) for name in self.of]
        place = jnp.full((len(concepts),), -1, jnp.int32)
        place = place.at[jnp.asarray(chosen)].set(jnp.arange(len(chosen)))
        beyond = labels >= len(concepts)
        cut = jnp.where((labels >= 0) & ~beyond, place[labels], -1)
        upper, left = jax.vmap(_halves, in_axes=3, out_axes=3)(cut)
        number = lambda half: len(concepts) + len(chosen) * half + cut
        upright = jnp.where(upper, number(0), number(2))
        sideways = jnp.where(left, number(1), number(3))
        halves = [jnp.where(cut >= 0, half, -1) for half in (upright, sideways)]
        # What is no concept must not become the number of a half.
        labels = jnp.where(beyond, labels + 4 * len(chosen), labels)
        return jnp.concatenate([labels, *halves], axis=-1)


def with_halves(segmenter: Segmenter, of: Sequence[str]) -> Segmenter:
    """Returns a segmenter that also tells halves: ``tree-t``, ``-l``, ``-b``, ``-r``.

    Of every connected component of the concepts, touching corners included. The middle
    row of an odd number is of the lower half, the middle column of the right one, and
    so is a single row or column. There are no scores.

    In the categories of `dissect.dissect`, halves are parts::

        names = segmenter.concepts
        categories = [0] * len(names) + [1] * (len(halved.concepts) - len(names))

    Args:
        segmenter: Tells the concepts.
        of: Which of them to cut.

    Raises:
        ValueError: If there is no such concept, one is named twice, or none is; the
            message lists them.
    """
    known = tuple(segmenter.concepts)
    if not of or len({*of}) < len(of) or not {*of} <= {*known}:
        raise ValueError(
            f"Halves are asked of {list(of)}. Give one or more of {', '.join(known)}, "
            "each once."
        )
    return Halved(segmenter, tuple(of))


def _halves(
    labels: Int[Array, "map row col"],
) -> tuple[Bool[Array, "map row col"], Bool[Array, "map row col"]]:
    """Returns whether each pixel is in the upper and in the left half of its own."""
    root = components(labels)
    row, col = (
        jnp.broadcast_to(jnp.arange(size).reshape(shape), labels.shape)
        for size, shape in zip(labels.shape[1:], ((1, -1, 1), (1, 1, -1)), strict=True)
    )
    return _before_middle(row, root), _before_middle(col, root)


def _before_middle(
    place: Int[Array, "map row col"], root: Int[Array, "map row col"]
) -> Bool[Array, "map row col"]:
    ends = [
        find(place.reshape(-1), root.reshape(-1), num_segments=root.size)[root]
        for find in (jax.ops.segment_min, jax.ops.segment_max)
    ]
    return place < (ends[0] + ends[1] + 1) // 2
