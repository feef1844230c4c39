"""The pictures of the tour, checked by their pixels."""

import jax
import numpy as np
import pytest

from jgan.report import figures


@pytest.mark.parametrize("side", [32, 4])
def test_maps_are_resized_as_jax_resizes_them(side):
    activation = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    want = jax.image.resize(activation, (side, side), "bilinear")
    np.testing.assert_allclose(figures.enlarge(activation, side), want, atol=1e-5)


@pytest.mark.parametrize(
    ("resolution", "side"), [(32, 128), (64, 128), (128, 128), (256, 256), (512, 256)]
)
def test_tiles_are_whole_multiples_or_parts(resolution, side):
    image = np.zeros((resolution, resolution, 3), np.uint8)
    image[: resolution // 2] = 200
    tile = figures.tile(image)
    assert tile.shape == (side, side, 3)
    np.testing.assert_array_equal(tile[: side // 2], 200)
    np.testing.assert_array_equal(tile[side // 2 :], 0)


def test_light_and_outline_are_where_the_unit_is():
    activation = np.zeros((16, 16), np.float32)
    activation[2:6, 2:6] = 3.0
    image = np.full((128, 128, 3), 200, np.uint8)
    (tile,) = figures.spotlights([image], [activation])
    np.testing.assert_array_equal(tile[32, 32], 200)
    np.testing.assert_array_equal(tile[100, 100], 60)
    outline = (tile == figures._OUTLINE).all(-1)
    rows = np.flatnonzero(outline.any(axis=1))
    # A tenth of the pixels is a square of 40 around the 32 that are lit.
    assert rows[0] in range(10, 18)
    assert rows[-1] in range(46, 54)


def test_a_silent_unit_leaves_the_image_dark():
    image = np.full((128, 128, 3), 100, np.uint8)
    (tile,) = figures.spotlights([image], [np.zeros((4, 4), np.float32)])
    np.testing.assert_array_equal(tile, 30)


def test_differences_are_signed_and_magnified():
    before = np.full((1, 128, 128, 3), 100, np.uint8)
    after = before.copy()
    after[0, :64] += 10
    after[0, 64:] -= 5
    magnified = figures.magnification(before, after)
    assert magnified == 8  # The largest power of two that keeps 10 levels within 127.
    tile = figures.difference(before[0], after[0], magnified)
    np.testing.assert_array_equal(tile[:64], 128 + 80)
    np.testing.assert_array_equal(tile[64:], 128 - 40)


def test_no_difference_is_mid_gray():
    image = np.full((128, 128, 3), 9, np.uint8)
    assert figures.magnification(image[None], image[None]) == 64
    np.testing.assert_array_equal(figures.difference(image, image, 64), 128)
