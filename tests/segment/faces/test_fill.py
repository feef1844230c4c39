"""Filled contours against the sum of angles, and laws of covering."""

import numpy as np
import pytest

from jgan.segment.faces.fill import inside, winding


def _turns(contour, rows, cols):
    """How often the contour turns round each center: the angles it spans, added up."""
    col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
    ray = contour[:, None, None] - np.stack([col, row], axis=-1)
    angle = np.arctan2(ray[..., 1], ray[..., 0])
    step = np.roll(angle, -1, axis=0) - angle
    step = (step + np.pi) % (2 * np.pi) - np.pi
    return np.rint(step.sum(axis=0) / (2 * np.pi)).astype(int)


@pytest.mark.parametrize("num_vertices", [3, 5, 20])
def test_winding_equals_the_sum_of_angles(num_vertices):
    draw = np.random.default_rng(num_vertices)
    for _ in range(20):
        # Most of these cross themselves, and reach beyond the image on every side.
        contour = draw.uniform(-4, 16, (num_vertices, 2))
        np.testing.assert_array_equal(
            winding(contour, 12, 9), _turns(contour, 12, 9), strict=True
        )


def test_a_pixel_on_the_border_of_two_contours_belongs_to_one():
    # Corners on pixel centers, where it is decided.
    square = np.array([[1.5, 1.5], [4.5, 1.5], [4.5, 4.5], [1.5, 4.5]])
    moved = [square + [dx, dy] for dx in (0, 3) for dy in (0, 3)]
    covered = sum(inside([s], 10, 10).astype(int) for s in moved)
    assert covered.sum() == 36
    assert covered.max() == 1


def test_a_contour_against_another_is_a_hole_and_a_fold_is_none():
    outer = np.array([[0, 0], [8, 0], [8, 8], [0.0, 8]])
    inner = np.array([[2, 2], [6, 2], [6, 6], [2.0, 6]])
    assert inside([outer, inner[::-1]], 8, 8).sum() == 64 - 16
    assert inside([outer, inner], 8, 8).sum() == 64
    twice = np.concatenate([outer, inner])
    assert inside([twice], 8, 8)[3:5, 3:5].all()


def test_the_mirrored_contour_fills_the_mirrored_pixels():
    contour = np.random.default_rng(0).uniform(0, 12, (7, 2))
    mirrored = [12, 0] + contour * [-1, 1]
    got = inside([mirrored], 10, 12)
    assert 0 < got.sum() < got.size
    np.testing.assert_array_equal(got, inside([contour], 10, 12)[:, ::-1])
