"""Colors of scenes: at the middle of each thing, in the light, at night and in snow."""

import numpy as np
import pytest

from jgan.worlds.scenes import CLASS_NAMES
from tests.worlds import reference
from tests.worlds.scene import draw, plain, shown

_LIGHT = 0.9
_SUN, _MOON = (1.0, 0.86, 0.32), (0.94, 0.94, 0.84)
_GLASS, _LAMP = (0.42, 0.64, 0.86), (1.0, 0.86, 0.4)
# Where each thing of the plain scene is at least a pixel away from its edge.
_POINTS = {
    "sun": (0.203, 0.181),
    "cloud": (0.55, 0.12),
    "house": (0.502 + 0.3 * 0.301, 0.731 - 0.49 * 0.301),
    "roof": (0.502, 0.731 - 0.7 * 0.301),
    "door": (0.502, 0.731 - 0.2 * 0.301),
    "left window": (0.502 - 0.31 * 0.301, 0.731 - 0.3 * 0.301),
    "right window": (0.502 + 0.31 * 0.301, 0.731 - 0.3 * 0.301),
    "crown": (0.152, 0.665),
    "stem": (0.152, 0.79),
}
_COLORS = {
    "cloud": (0.97, 0.97, 0.98),
    "house": (0.9, 0.7, 0.56),
    "roof": (0.7, 0.25, 0.2),
    "door": (0.34, 0.2, 0.12),
    "left window": _GLASS,
    "right window": _GLASS,
    "crown": (0.18, 0.46, 0.16),
    "stem": (0.38, 0.24, 0.12),
}
# Colors are float32 in [-1, 1] and back.
_ROUNDING = 1e-6


def _scene(name, **changes):
    return plain(class_label=CLASS_NAMES.index(name), **changes)


def _at(image, point):
    x, y = _POINTS[point]
    return image[int(y * 64), int(x * 64)]


@pytest.mark.parametrize("light", [0.6, _LIGHT])
@pytest.mark.parametrize("thing", _COLORS)
def test_a_thing_has_its_color_in_the_light(thing, light):
    image, labels = draw(plain(brightness=light))
    want = light * np.asarray(_COLORS[thing])
    np.testing.assert_allclose(_at(image, thing), want, atol=_ROUNDING)


@pytest.mark.parametrize("base", [0.731, 0.735, 0.739, 0.743])
def test_nothing_shines_through_between_wall_and_roof(base):
    # Eaves at four heights within a pixel; each edge alone covers a part of it.
    black = {"ground_color": (0.0,) * 3, "sky_color": (0.0,) * 3, "mountain": False}
    (before, _), (after, labels) = (
        draw(plain(house_base=base, **changes)) for changes in ({}, black)
    )
    # The columns of the wall but its edges, from inside the roof to inside the wall.
    eaves = round((base - 0.56 * 0.301) * 64)
    part = slice(eaves - 2, eaves + 2), slice(24, 40)
    assert shown(labels, "roof")[part].any()
    assert shown(labels, "house")[part].any()
    np.testing.assert_allclose(before[part], after[part], atol=_ROUNDING)


def test_the_sun_shines_whatever_the_light():
    for light in (0.3, _LIGHT):
        image, _ = draw(plain(brightness=light))
        np.testing.assert_allclose(_at(image, "sun"), _SUN, atol=_ROUNDING)


def test_brightness_is_a_factor_of_all_but_the_sun():
    (bright, _), (dim, _) = draw(plain(brightness=0.8)), draw(plain(brightness=0.4))
    sun = reference.may_show(plain(), ["sun"])
    assert sun.sum() < 200
    np.testing.assert_allclose(2 * dim[~sun], bright[~sun], atol=4 * _ROUNDING)


def test_the_sky_has_its_color_at_the_top_and_pales_towards_the_ground():
    image, _ = draw(plain(mountain=False, water=0.0, cloud_count=0, sun=False))
    sky, column = np.array([0.31, 0.62, 0.9]), image[:, -1]
    # Half a pixel down from the top, and half a pixel up from the horizon.
    np.testing.assert_allclose(column[0], _LIGHT * sky, atol=0.01)
    np.testing.assert_allclose(column[31], _LIGHT * (sky + 1) / 2, atol=0.01)
    assert (np.diff(column[:32], axis=0) > 0).all()


def test_the_ground_has_its_color_far_away_and_darkens_towards_us():
    image, _ = draw(plain())
    ground = _LIGHT * np.array([0.4, 0.63, 0.29])
    np.testing.assert_allclose(image[33, -1], ground, atol=0.01)
    np.testing.assert_allclose(image[63, -1], 0.82 * ground, atol=0.01)


def test_at_night_there_is_a_moon_and_windows_are_lit():
    (day, before), (night, after) = draw(_scene("village")), draw(_scene("night"))
    np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(_at(night, "sun"), _MOON, atol=_ROUNDING)
    for window in ("left window", "right window"):
        np.testing.assert_allclose(_at(night, window), _LAMP, atol=_ROUNDING)
    # The rest is as by day in the same light, but for the sky, which pales less.
    other = ~reference.may_show(plain(), ["sky", "sun", "window"])
    assert other.mean() > 0.4
    np.testing.assert_allclose(night[other], day[other], atol=_ROUNDING)
    sky = shown(after, "sky")
    assert (night[sky] < day[sky]).mean() > 0.95
    # A window shines in any light.
    dark, _ = draw(_scene("night", brightness=0.35))
    np.testing.assert_allclose(_at(dark, "left window"), _LAMP, atol=_ROUNDING)


@pytest.mark.parametrize("name", ["forest", "desert", "coast", "meadow"])
def test_by_day_classes_differ_in_their_trees_alone(name):
    (ours, one), (theirs, other) = draw(_scene("village")), draw(_scene(name))
    trees = reference.may_show(_scene("village"), ["tree"])
    trees |= reference.may_show(_scene(name), ["tree"])
    np.testing.assert_allclose(ours[~trees], theirs[~trees], atol=_ROUNDING)
    np.testing.assert_array_equal(one[~trees], other[~trees])
    assert (name == "forest") == bool((one != other).any())


def test_there_is_snow_on_high_mountains_and_on_trees_in_winter():
    tall = {"mountain_height": 0.2, "sun": False, "cloud_count": 0, "water": 0.0}
    tip, foot = (int((0.303 + 0.04) * 64), int(0.31 * 64)), (31, int(0.31 * 64) + 3)
    snow = _LIGHT * np.array([0.95, 0.96, 0.99])
    for name, cap in (("village", False), ("alps", True), ("winter", True)):
        image, labels = draw(_scene(name, **tall))
        assert shown(labels, "mountain")[tip]
        assert shown(labels, "mountain")[foot]
        assert np.allclose(image[tip], snow, atol=_ROUNDING) == cap
        assert (image[foot] < 0.5).all()
    (green, _), (white, _) = draw(_scene("forest")), draw(_scene("winter"))
    crown = int(0.72 * 64), int(0.152 * 64)
    assert (white[crown] > green[crown] + 0.2).all()


def test_pictures_keep_within_their_range(scenes):
    images = np.asarray(scenes.images)
    assert images.dtype == np.float32
    assert images.min() >= -1
    assert images.max() <= 1
