"""What each layer of a generator has names for, as rows to set side by side.

How many units have a name, and how many names they have between them, is what layers
and variants of a generator are compared by in Bau et al. (2019): units of the first
layers have few, those of middle ones name objects, those of late ones materials.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from jgan.dissect._layer import LayerDissection


class LayerRow(NamedTuple):
    """One layer in plain numbers, which JSON knows too.

    Attributes:
        layer: Name.
        units: Units there are.
        named: Units that have a name.
        concepts: Different names that they have.
        units_per_concept: By name, how many units have it; the most frequent first, and
            none of zero.
        chance: Share of units that get a name from the labels of other images. A layer
            whose `share` is no higher tells nothing.
    """

    layer: str
    units: int
    named: int
    concepts: int
    units_per_concept: dict[str, int]
    chance: float

    @property
    def share(self) -> float:
        """Share of units that have a name."""
        return self.named / self.units


def compare_layers(dissections: Mapping[str, LayerDissection]) -> tuple[LayerRow, ...]:
    """Returns one row for each layer, in the order given.

    Several generators are compared by their rows, where images, concepts and the rule
    for thresholds are the same::

        rows = {name: compare_layers(found) for name, found in by_model.items()}

    Args:
        dissections: By layer, from `dissect`.
    """
    return tuple(_row(found) for found in dissections.values())


def _row(found: LayerDissection) -> LayerRow:
    named = found.named
    counts = np.bincount(found.best_concepts[named], minlength=len(found.concepts))
    order = np.argsort(-counts, kind="stable")
    by_name = {found.concepts[i]: int(counts[i]) for i in order if counts[i]}
    return LayerRow(
        layer=found.layer,
        units=len(named),
        named=int(named.sum()),
        concepts=len(by_name),
        units_per_concept=by_name,
        chance=found.chance_rate,
    )
