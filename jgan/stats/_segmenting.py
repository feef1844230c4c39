"""Segmenters as arguments of compiled functions."""

from typing import Any, overload

import jax

from jgan.typing import Images, ScoringSegmenter, Segmenter


@jax.tree_util.register_pytree_node_class
class Held:
    """Any segmenter, as a pytree without arrays that is compared by identity.

    Attributes:
        segmenter: What is asked.
    """

    def __init__(self, segmenter: Any) -> None:
        self.segmenter = segmenter

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of what a pixel may show."""
        return tuple(self.segmenter.concepts)

    def segment(self, images: Images) -> Any:
        """Returns what the segmenter gives for labels; `collect` checks it."""
        return self.segmenter.segment(images)

    def tree_flatten(self) -> tuple[tuple[()], Any]:
        """Returns no arrays, and the segmenter as what is compared."""
        return (), self.segmenter

    @classmethod
    def tree_unflatten(cls, segmenter: Any, children: tuple[()]) -> "Held":
        """Returns the segmenter, held again."""
        del children
        return cls(segmenter)


@jax.tree_util.register_pytree_node_class
class HeldScoring(Held):
    """The same with scores. `Held` has none, so that it does not promise any."""

    def scores(self, images: Images) -> Any:
        """Returns the scores that the segmenter gives."""
        return self.segmenter.scores(images)


@overload
def as_pytree(segmenter: ScoringSegmenter) -> ScoringSegmenter: ...
@overload
def as_pytree(segmenter: Segmenter) -> Segmenter: ...
def as_pytree(segmenter: Segmenter) -> Segmenter:
    """Returns a segmenter that compiled functions take: itself if all in it are arrays.

    Args:
        segmenter: A pytree of arrays, or any other hashable object.
    """
    if all(hasattr(leaf, "dtype") for leaf in jax.tree.leaves(segmenter)):
        return segmenter
    held = HeldScoring if isinstance(segmenter, ScoringSegmenter) else Held
    return held(segmenter)
