"""Which classes are shown, and what is said of that."""

import dataclasses

from jgan.report.shown_classes import shown_note, spread_classes
from tests.generators import make_gan


def test_classes_are_all_or_evenly_spread():
    assert spread_classes(0, at_most=10) == ()
    assert spread_classes(8, at_most=10) == tuple(range(8))
    shown = spread_classes(1000, at_most=10)
    assert (len(shown), shown[0], shown[-1]) == (10, 0, 999)


def test_only_spread_classes_are_said_to_be():
    gan = dataclasses.replace(make_gan("biggan"), class_names=tuple("abcde"))
    assert shown_note(gan, range(5)) == ""
    assert "3 of 5 classes are shown, at even distances" in shown_note(gan, (0, 2, 4))
    assert "3 of 5 classes are shown.<" in shown_note(gan, (0, 1, 4))
