"""Labels of scenes against plain geometry, and sizes against the factors."""

import math

import jax
import numpy as np
import pytest

from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS
from tests.worlds import reference
from tests.worlds.scene import draw, plain, shown

_GROUND = CONCEPTS.index("ground")


def _nth(scenes, i):
    return jax.tree.map(lambda field: field[i], scenes)


def test_a_pixel_shows_what_covers_its_center_last(scenes):
    for i, labels in enumerate(np.asarray(scenes.segmentation)):
        want = reference.labels(_nth(scenes.factors, i), scenes.images.shape[1])
        np.testing.assert_array_equal(labels, want)


def test_labels_do_not_depend_on_the_size_of_pixels():
    # Every third of 96 centers is one of 32.
    _, fine = draw(plain(), 96)
    _, coarse = draw(plain(), 32)
    np.testing.assert_array_equal(fine[1::3, 1::3], coarse)


def test_labels_are_those_of_the_concepts_and_each_is_seen(scenes):
    share = np.bincount(np.ravel(scenes.segmentation), minlength=len(CONCEPTS))
    assert len(share) == len(CONCEPTS)
    # The smallest, doors, are 0.3 % of all pixels.
    assert (share > 0.001 * share.sum()).all()


@pytest.mark.parametrize("horizon", [0.45, 0.503, 0.62])
@pytest.mark.parametrize("water", [0.0, 0.07, 0.1])
def test_rows_of_ground_and_water(horizon, water):
    _, labels = draw(plain(horizon=horizon, water=water))
    # Nothing stands in the last column, and no mountain reaches it.
    column = labels[:, -1]
    middle = (np.arange(64) + 0.5) / 64
    np.testing.assert_array_equal(column == _GROUND, middle > horizon)
    assert shown(column, "water").sum() == np.sum(
        (middle > horizon - water) & (middle < horizon)
    )


@pytest.mark.parametrize("radius", [0.06, 0.081, 0.1])
def test_the_sun_has_the_area_of_its_disk(radius):
    (before, _), (after, labels) = (
        draw(plain(sun=False)),
        draw(plain(sun_size=radius)),
    )
    # How far each pixel went from the sky to the sun is its coverage.
    covered = ((after - before) / (np.array([1.0, 0.86, 0.32]) - before))[..., 2]
    area = math.pi * (radius * 64) ** 2
    # See the same test of the shapes.
    assert abs(covered.sum() - area) < 1.2
    # A label is all or nothing: the edge of 24 to 40 pixels is off by a few of them.
    assert abs(shown(labels, "sun").sum() - area) < 4
    rows, cols = np.nonzero(shown(labels, "sun"))
    np.testing.assert_allclose(
        [cols.mean(), rows.mean()], _pixel(0.203, 0.181), atol=0.2
    )


def _pixel(x, y):
    """A point as column and row, whose centers are whole numbers."""
    return x * 64 - 0.5, y * 64 - 0.5


def _box(labels, *concepts):
    """First and last column and row of some concepts, in parts of the side."""
    rows, cols = np.nonzero(shown(labels, *concepts))
    ends = cols.min(), cols.max() + 1, rows.min(), rows.max() + 1
    return np.asarray(ends) / 64


# The first and last pixel whose center is inside: half a pixel at either end.
_HALF = 0.5 / 64 + 1e-6


@pytest.mark.parametrize("size", [0.26, 0.301, 0.34])
def test_the_parts_of_a_house_have_its_proportions(size):
    _, labels = draw(plain(house_size=size, tree_count=0))
    x, base = 0.502, 0.731
    eaves, ridge = base - 0.56 * size, base - size
    wall = _box(labels, "house")
    want = [x - size / 2, x + size / 2, eaves, base]
    np.testing.assert_allclose(wall, want, atol=_HALF)
    roof = _box(labels, "roof")
    np.testing.assert_allclose(roof[3], eaves, atol=_HALF)
    # The tips of a triangle are thinner than a pixel: its slopes are 1.45 and 0.69.
    np.testing.assert_allclose(
        roof[:3], [x - 0.64 * size, x + 0.64 * size, ridge], atol=2 / 64
    )
    door = _box(labels, "door")
    want = [x - 0.1 * size, x + 0.1 * size, base - 0.4 * size, base]
    np.testing.assert_allclose(door, want, atol=_HALF)
    windows = _box(labels, "window")
    want = [x - 0.42 * size, x + 0.42 * size, base - 0.42 * size, base - 0.18 * size]
    np.testing.assert_allclose(windows, want, atol=_HALF)
    assert not shown(labels, "window")[:, shown(labels, "door").any(0)].any()


@pytest.mark.parametrize("size", [0.2, 0.32])
def test_a_tree_has_its_height(size):
    _, labels = draw(plain(tree_count=1, tree_size=(size,) * 5))
    left, right, top, bottom = _box(labels, "tree")
    # The disk of a crown ends in an arc: a pixel more at its outermost points.
    np.testing.assert_allclose(bottom, 0.83, atol=_HALF)
    np.testing.assert_allclose(top, 0.83 - 1.02 * size, atol=2 * _HALF)
    np.testing.assert_allclose((left + right) / 2, 0.152, atol=_HALF)
    np.testing.assert_allclose(right - left, 0.72 * size, atol=2 * _HALF)
    conifer = plain(
        class_label=CLASS_NAMES.index("forest"), tree_count=1, tree_size=(size,) * 5
    )
    _, labels = draw(conifer)
    _, _, top, bottom = _box(labels, "tree")
    np.testing.assert_allclose(bottom, 0.83, atol=_HALF)
    # The tip of a slope of 2.25 is a pixel wide one pixel down.
    np.testing.assert_allclose(top, 0.83 - size, atol=2.25 / 64)


@pytest.mark.parametrize("height", [0.09, 0.13])
@pytest.mark.parametrize("water", [0.0, 0.1])
def test_the_higher_peak_is_as_high_as_its_factor(height, water):
    scene = plain(mountain_height=height, water=water, sun=False, cloud_count=0)
    _, labels = draw(scene)
    rows, cols = np.nonzero(shown(labels, "mountain"))
    # The tip of a slope of 0.74 is a pixel wide half a pixel down.
    np.testing.assert_allclose(rows.min() / 64, 0.503 - water - height, atol=1.5 / 64)
    middle = (cols[rows == rows.min()].mean() + 0.5) / 64
    np.testing.assert_allclose(middle, 0.31, atol=_HALF)


def test_a_tree_hides_a_house_behind_it_and_not_one_before_it():
    over_house = {"tree_x": (0.502,) * 5, "tree_count": 1}
    _, near = draw(plain(**over_house, tree_base=(0.8,) * 5))
    _, far = draw(plain(**over_house, tree_base=(0.7,) * 5))
    _, without = draw(plain(tree_count=0))
    house = ("house", "roof", "door", "window")
    hidden = shown(without, *house) & shown(near, "tree")
    assert hidden.sum() > 50
    np.testing.assert_array_equal(shown(far, *house), shown(without, *house))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_of_two_trees_is_in_front(order):
    bases, xs = np.array([0.82, 0.9]), np.array([0.15, 0.18])
    rest = np.full(3, 0.5)
    changes = {
        "tree_base": tuple(np.concatenate([bases[list(order)], rest])),
        "tree_x": tuple(np.concatenate([xs[list(order)], rest])),
        "tree_size": (0.25,) * 5,
    }
    image, _ = draw(plain(**changes))
    # The stem of the farther one, where the crown of the nearer one lies over it.
    at = image[int(0.76 * 64), int(0.15 * 64)]
    np.testing.assert_allclose(at, 0.9 * np.array([0.18, 0.46, 0.16]), atol=1e-5)
