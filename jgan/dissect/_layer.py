"""What a dissection found in one layer."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float, Int

from jgan import stats

# A unit whose best concept reaches neither is not named. (Bau et al., 2019; the second
# is the original code's.)
LEAST_IOU = 0.05
LEAST_QUALITY = 0.01


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerDissection:
    """Units of one layer beside concepts.

    Attributes:
        layer: Name.
        concepts: Names.
        overlap: Counts of pixels.
        chance: The same with the labels of other images, for what chance finds.
        top: Images in which each unit is strongest.
    """

    layer: str
    concepts: tuple[str, ...]
    overlap: stats.Overlap
    chance: stats.Overlap
    top: stats.TopImages

    @property
    def iou(self) -> Float[np.ndarray, "unit concept"]:
        """Intersection over union of each unit and concept."""
        return self.overlap.iou()

    @property
    def best_concepts(self) -> Int[np.ndarray, " unit"]:
        """Concept of the highest IoU; of equal ones, the first."""
        return self.iou.argmax(axis=1)

    @property
    def best_ious(self) -> Float[np.ndarray, " unit"]:
        """IoU with the best concept."""
        return self.iou.max(axis=1)

    @property
    def named(self) -> Bool[np.ndarray, " unit"]:
        """Whether a unit's best concept is its name: IoU above 0.05, IQR above 0.01."""
        return _named(self.overlap)

    @property
    def chance_rate(self) -> float:
        """Share of units that get a name from the labels of other images."""
        return float(_named(self.chance).mean())

    def units_of(self, concept: str) -> list[int]:
        """Returns the units that have a concept as their name, highest IoU first.

        Raises:
            ValueError: If there is no such concept.
        """
        mine = self.named & (self.best_concepts == self._number(concept))
        return [unit for unit in self.ranking(concept) if mine[unit]]

    def ranking(self, concept: str) -> list[int]:
        """Returns all units by their IoU with a concept, highest first.

        Raises:
            ValueError: If there is no such concept.
        """
        scores = self.iou[:, self._number(concept)]
        return np.argsort(-scores, kind="stable").tolist()

    def _number(self, concept: str) -> int:
        if concept not in self.concepts:
            raise ValueError(
                f"There is no concept {concept!r}. The concepts are: "
                f"{', '.join(self.concepts)}."
            )
        return self.concepts.index(concept)


def _named(overlap: stats.Overlap) -> Bool[np.ndarray, " unit"]:
    iou = overlap.iou()
    best = iou.argmax(axis=1)[:, None]
    quality = np.take_along_axis(overlap.information_quality(), best, axis=1)[:, 0]
    return (iou.max(axis=1) > LEAST_IOU) & (quality > LEAST_QUALITY)
