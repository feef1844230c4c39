"""The scatter: places are those of the numbers, and names cover nothing."""

import itertools
import re

import numpy as np
import pytest

from jgan.report import chart

_CIRCLE = re.compile(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="5" />')
_NAME = re.compile(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">(\w+)</text>')


def _drawn(points):
    """Circles from the top of the chart, and by name the box of each."""
    listed = [(name, x, y) for name, (x, y) in points.items()]
    text = chart.scatter(listed, across="a", up="b", label="c").split("</g><g>")[1]
    boxes = {}
    for x, y, anchor, name in _NAME.findall(text):
        # Letters of 13 pixels are about 8 wide.
        width = 0.6 * 13 * len(name)
        left = float(x) - (width if anchor == "end" else 0)
        boxes[name] = (left, float(y) - 10, left + width, float(y) + 3)
    return np.array(_CIRCLE.findall(text), float), boxes


def test_points_are_where_their_numbers_are():
    points = {"low": (1.0, 10.0), "mid": (2.0, 40.0), "high": (4.0, 30.0)}
    circles, _ = _drawn(points)
    want = np.array(sorted(points.values(), key=lambda one: -one[1]))
    for axis, sign in ((0, 1), (1, -1)):
        slope = np.diff(circles[:, axis]) / np.diff(want[:, axis])
        assert slope == pytest.approx([slope[0]] * 2, rel=0.01)
        assert sign * slope[0] > 0


def test_points_of_one_name_are_all_there():
    points = [("crane", 1.0, 2.0), ("crane", 3.0, 1.0), ("b", 2.0, 4.0)]
    text = chart.scatter(points, across="a", up="b", label="c")
    assert len(_CIRCLE.findall(text)) == 3
    assert text.count(">crane<") == 2


def test_names_cover_neither_each_other_nor_points():
    close = {f"name{i}": (8.0 + i / 2, 5.0 + i % 2 / 20) for i in range(4)}
    circles, boxes = _drawn(close | {"far": (0.0, 0.0), "up": (1.0, 9.0)})
    assert len(boxes) == 6
    points = [(x - 5, y - 5, x + 5, y + 5) for x, y in circles]
    pairs = [
        *itertools.combinations(boxes.values(), 2),
        *itertools.product(boxes.values(), points),
    ]
    for one, other in pairs:
        apart = one[2] <= other[0] or other[2] <= one[0]
        assert apart or one[3] <= other[1] + 0.1 or other[3] <= one[1] + 0.1
    for left, top, right, bottom in boxes.values():
        assert 0 <= left < right <= 420
        assert 0 <= top < bottom <= 300


def test_what_does_not_vary_is_drawn_in_the_middle():
    circles, _ = _drawn({"one": (0.0, 3.0), "two": (0.0, 3.0)})
    assert np.isfinite(circles).all()
    assert np.ptp(circles, axis=0).tolist() == [0, 0]
