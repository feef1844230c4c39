"""Correlation and information of codes and attributes, against scipy and by hand."""

import numpy as np
import pytest
import scipy.stats

from jgan.metrics import disentanglement
from tests.helpers import unchecked

_IMAGES = 4000


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(0).standard_normal((_IMAGES, 3))


def test_correlation_is_spearmans(codes):
    attribute = np.round(codes[:, 0] + 0.5 * codes[:, 1], 1)
    found = disentanglement(codes, attribute[:, None])
    for code in range(3):
        want = scipy.stats.spearmanr(codes[:, code], attribute).statistic
        np.testing.assert_allclose(found.correlation[code, 0], want, atol=1e-12)


def test_a_code_that_is_the_attribute_tells_all_of_it(codes):
    found = disentanglement(codes, np.exp(codes[:, [1]]))
    np.testing.assert_allclose(found.information[1], 1, atol=1e-12)
    # 19^2 / 2 / 4,000 nats of 3.0 are 0.015, if nothing is told.
    assert found.information[[0, 2]].max() < 0.03
    assert found.gaps[0] > 0.97
    assert found.gap == found.gaps[0]


def test_two_codes_that_share_an_attribute_leave_no_gap(codes):
    both = (codes[:, 0] + codes[:, 1])[:, None]
    found = disentanglement(codes, both)
    assert found.gaps[0] < 0.02
    assert min(found.information[:2, 0]) > 5 * found.information[2, 0]


def test_information_of_a_switch_is_that_of_its_table(codes):
    switch = (codes[:, 2] > 0.3).astype(float)
    noisy = np.where(np.random.default_rng(1).random(_IMAGES) < 0.1, 1 - switch, switch)
    found = disentanglement(switch[:, None], noisy[:, None])
    table = np.zeros((2, 2))
    np.add.at(table, (switch.astype(int), noisy.astype(int)), 1 / _IMAGES)
    outer = table.sum(1, keepdims=True) * table.sum(0)
    information = (table * np.log(table / outer)).sum()
    entropy = -(table.sum(0) * np.log(table.sum(0))).sum()
    np.testing.assert_allclose(
        found.information[0, 0], information / entropy, rtol=1e-9
    )


def test_entropy_is_low_for_one_attribute_and_one_for_all_alike(codes):
    attributes = np.column_stack([codes[:, 0], codes[:, 1], -codes[:, 1]])
    found = disentanglement(codes, attributes)
    assert found.entropy[0] < 0.3
    np.testing.assert_allclose(found.entropy[1], np.log(2) / np.log(3), atol=0.1)
    same = disentanglement(codes[:, :1], codes[:, [0, 0, 0]])
    np.testing.assert_allclose(same.entropy, 1, atol=1e-12)


def test_what_cannot_be_read_is_left_out_for_that_attribute_alone(codes):
    attributes = np.column_stack([codes[:, 0], codes[:, 1], np.ones(_IMAGES)])
    hidden = attributes.copy()
    hidden[::2, 0] = np.nan
    found = disentanglement(codes, hidden)
    half = disentanglement(codes[1::2], attributes[1::2])
    np.testing.assert_array_equal(found.information[:, 0], half.information[:, 0])
    whole = disentanglement(codes, attributes)
    np.testing.assert_array_equal(found.information[:, 1], whole.information[:, 1])
    # What never varies tells nothing, and does not count.
    assert np.isnan(found.gaps[2])
    np.testing.assert_allclose(found.gap, np.mean(found.gaps[:2]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, a: (c[:5], a), r"Codes have shape \(5, 3\)"),
        (lambda c, a: (c[:5], a[:5]), "There are 5 images"),
        (lambda c, a: (c * np.nan, a), "A code is NaN"),
        (lambda c, a: (c[:, 0], a), r"Codes have shape \(4000,\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(codes, change, message):
    with pytest.raises(ValueError, match=message):
        unchecked(disentanglement)(*change(codes, codes[:, :1]))
