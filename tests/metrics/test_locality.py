"""Locality against a plain mean, and what has no ratio."""

import numpy as np
import pytest

from jgan.metrics import locality


def _edit(inside, outside):
    before = np.random.default_rng(0).uniform(-1, 1, (2, 4, 4, 3)).astype(np.float32)
    region = np.zeros((2, 4, 4), bool)
    # Of different sizes, so that a mean of the images' own ratios would differ.
    region[0, :1, :1] = True
    region[1, :, :2] = True
    change = np.where(region, inside, outside)[..., None]
    return before, before + change.astype(np.float32), region


def test_the_ratio_is_of_mean_squares():
    before, after, region = _edit(0.4, 0.1)
    assert locality(before, after, region) == pytest.approx(1 / 16, rel=1e-5)
    assert locality(*_edit(0.4, 0.0)[:2], region) == 0
    assert locality(*_edit(0.2, 0.2)[:2], region) == pytest.approx(1, rel=1e-5)


def test_the_mean_is_over_the_pixels_of_all_images():
    before, after, region = _edit(0.4, 0.1)
    after[0] = before[0]
    # 8 of the 9 pixels inside change, 8 of the 23 outside.
    want = (8 * 0.01 / 23) / (8 * 0.16 / 9)
    assert locality(before, after, region) == pytest.approx(want, rel=1e-5)


def test_what_has_no_ratio_is_refused():
    before, after, region = _edit(0.0, 0.1)
    with pytest.raises(ValueError, match="Nothing inside"):
        locality(before, after, region)
    for nowhere in (region & False, region | True):
        with pytest.raises(ValueError, match="some must be inside"):
            locality(before, after, nowhere)
