"""Rows of layers against a count by hand, and against the planted generator."""

import json

import jax
import numpy as np
import pytest

from jgan import dissect, stats
from tests.dissect.planted import COLORS, NUM_UNITS, planted_gan

CONCEPTS = ("sky", "tree", "door")
# Pixels that each unit shares with each concept, of 100 that a unit is active in.
_BOTH = {
    "first": [[0, 0, 0], [4, 0, 0]],
    "second": [[0, 90, 0], [0, 0, 80], [0, 70, 9], [1, 1, 1]],
}


def _layer(name, *, chance=0):
    """A dissection of 1000 pixels, 100 of each concept; some units named by chance."""
    overlap = stats.zero_overlap(np.zeros(len(_BOTH[name])), num_concepts=3)
    both = np.asarray(_BOTH[name])
    overlap = overlap._replace(
        both=both,
        active=np.full((len(both), 1), 100),
        shown=np.full(3, 100),
        pixels=np.full(1, 1000),
    )
    lucky = np.arange(len(both))[:, None] < chance
    return dissect.LayerDissection(
        layer=name,
        concepts=CONCEPTS,
        overlap=overlap,
        chance=overlap._replace(both=np.where(lucky, 50, 0)),
        top=stats.zero_top(len(both), num_images=1),
    )


def test_a_row_counts_units_and_names():
    # Not in the order of the alphabet: what comes out is the order given.
    given = {"second": _layer("second", chance=1), "first": _layer("first")}
    second, first = dissect.compare_layers(given)
    # IoU 4 / 196 is below the least.
    assert first == ("first", 2, 0, 0, {}, 0.0)
    assert second == ("second", 4, 3, 2, {"tree": 2, "door": 1}, 0.25)
    assert list(second.units_per_concept) == ["tree", "door"]
    assert second.share == 0.75


def test_rows_are_plain_numbers():
    rows = dissect.compare_layers({"second": _layer("second", chance=1)})
    (row,) = json.loads(json.dumps(rows))
    assert row == ["second", 4, 3, 2, {"tree": 2, "door": 1}, 0.25]


def test_the_planted_layer_agrees_with_its_dissection():
    sample = dissect.Sample(num_images=60, batch_size=20, key=jax.random.key(0))
    found = dissect.dissect(
        planted_gan(),
        {"layer": np.full(NUM_UNITS, 0.5)},
        segmenter=COLORS,
        sample=sample,
    )
    (row,) = dissect.compare_layers(found)
    mine = found["layer"]
    assert row.units == NUM_UNITS
    assert row.units_per_concept == {
        name: len(mine.units_of(name)) for name in COLORS.concepts
    }
    assert row.named == mine.named.sum()
    assert row.chance == pytest.approx(mine.chance_rate)


def test_no_layers_are_no_rows():
    assert dissect.compare_layers({}) == ()
