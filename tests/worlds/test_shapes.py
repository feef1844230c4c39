"""Coverage of shapes against counting: 32 x 32 points in every pixel."""

import math

import jax
import numpy as np
import pytest

from jgan.worlds.scenes import shapes
from tests.worlds import reference
from tests.worlds.scene import grown

_SIDE = 32
_POINTS = 32
# Coverage falls over one pixel along the normal of an edge. Exact for upright edges;
# for a diagonal one, whose pixels are 1.41 wide along it, at most 0.044 too high or
# low: at distance 0.5 the corner left out is a triangle of area (0.707 - 0.5)^2.
_SLANTED = 0.044
# Points decide which side of an edge they are on: half of their distance.
_COUNTED = 0.5 / _POINTS


def _counted(inside, *sizes):
    x, y = reference.centers(_SIDE * _POINTS)
    blocks = inside(x, y, *sizes).reshape(_SIDE, _POINTS, _SIDE, _POINTS)
    return blocks.mean((1, 3))


def _coverage(shape, *sizes):
    draw = jax.jit(lambda: shape(shapes.canvas(_SIDE), *sizes))
    return np.asarray(draw())


def _near(*points):
    """Pixels within one of the corners of a shape."""
    x, y = reference.centers(_SIDE)
    close = [np.maximum(abs(x - a), abs(y - b)) < 1.5 / _SIDE for a, b in points]
    return np.any(close, 0)


@pytest.mark.parametrize(
    "sizes", [(0.5, 0.47, 0.2), (0.31, 0.62, 0.1), (0.0, 0.9, 0.3)]
)
def test_a_disk_covers_what_counting_finds(sizes):
    got, want = _coverage(shapes.disk, *sizes), _counted(reference.circle, *sizes)
    # An arc of radius r leaves a straight edge by at most 1 / 8r within a pixel.
    curved = 1 / (8 * sizes[2] * _SIDE)
    np.testing.assert_allclose(got, want, atol=_SLANTED + curved + _COUNTED)


@pytest.mark.parametrize("sizes", [(0.2, 0.31, 0.77, 0.9), (-0.2, 0.4, 0.5, 1.3)])
def test_a_box_covers_what_counting_finds(sizes):
    got, want = _coverage(shapes.box, *sizes), _counted(reference.rectangle, *sizes)
    left, top, right, bottom = sizes
    corners = _near((left, top), (left, bottom), (right, top), (right, bottom))
    np.testing.assert_allclose(got[~corners], want[~corners], atol=_COUNTED)
    # The pixel a corner halves both ways is covered by 1/4; one edge alone says 1/2.
    np.testing.assert_allclose(got[corners], want[corners], atol=0.25 + _COUNTED)


@pytest.mark.parametrize("sizes", [(0.5, 0.1, 0.8, 0.4), (0.4, 0.2, 0.5, 0.6)])
def test_a_triangle_covers_what_counting_finds(sizes):
    got, want = _coverage(shapes.triangle, *sizes), _counted(reference.tent, *sizes)
    x, top, bottom, half = sizes
    corners = _near((x, top), (x - half, bottom), (x + half, bottom))
    np.testing.assert_allclose(got[~corners], want[~corners], atol=_SLANTED + _COUNTED)


def test_below_a_line_is_counted_exactly():
    got = _coverage(shapes.below, 0.4321)
    want = np.clip(np.arange(1, _SIDE + 1) - 0.4321 * _SIDE, 0, 1)
    # float32 positions times 32.
    np.testing.assert_allclose(got, np.tile(want[:, None], _SIDE), atol=1e-5)


@pytest.mark.parametrize("radius", [0.06, 0.1, 0.3])
def test_a_disk_covers_its_area(radius):
    got = _coverage(shapes.disk, 0.513, 0.472, radius).sum()
    # A straight fall over one pixel adds pi/12 on average, and where the centers fall
    # less than a pixel to either side.
    assert abs(got - math.pi * (radius * _SIDE) ** 2) < 1.2


@pytest.mark.parametrize(
    ("shape", "inside", "sizes"),
    [
        (shapes.disk, reference.circle, (0.513, 0.472, 0.21)),
        (shapes.box, reference.rectangle, (0.207, 0.311, 0.772, 0.909)),
        (shapes.triangle, reference.tent, (0.513, 0.107, 0.811, 0.4)),
    ],
)
def test_half_covered_is_where_the_center_lies_inside(shape, inside, sizes):
    got = _coverage(shape, *sizes)
    want = inside(*reference.centers(_SIDE), *sizes)
    np.testing.assert_array_equal(got >= 0.5, want)
    assert not got[~grown(want, 2)].any()


def test_too_few_pixels_are_refused():
    with pytest.raises(ValueError, match="resolution is 7; scenes take 8"):
        shapes.canvas(7)
