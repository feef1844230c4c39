"""The adjusted Rand index against counted pairs, scikit-learn, and its limits."""

import itertools
import tracemalloc

import numpy as np
import pytest
import sklearn.metrics

from jgan import metrics
from tests.helpers import unchecked


def _by_pairs(labels, others):
    """By going through all pairs of pixels."""
    pairs = [*itertools.combinations(range(labels.size), 2)]
    same = [
        np.array([one.flat[i] == one.flat[j] for i, j in pairs])
        for one in (labels, others)
    ]
    both, first, second = (same[0] & same[1]).sum(), same[0].sum(), same[1].sum()
    by_chance = first * second / len(pairs)
    return (both - by_chance) / ((first + second) / 2 - by_chance)


def _images(seed, parts, shape=(4, 5, 3)):
    return np.random.default_rng(seed).integers(0, parts, shape)


@pytest.mark.parametrize("parts", [(2, 2), (3, 5), (9, 2)])
def test_matches_pairs_counted_one_by_one_and_scikit_learn(parts):
    labels, others = (_images(i, n) for i, n in enumerate(parts))
    others[0] = np.where(labels[0] == 1, 0, others[0])
    got = metrics.adjusted_rand_index(labels, others)
    assert got.shape == (4,)
    assert got.dtype == np.float64
    want = [_by_pairs(a, b) for a, b in zip(labels, others, strict=True)]
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    score = sklearn.metrics.adjusted_rand_score
    want = [score(a.ravel(), b.ravel()) for a, b in zip(labels, others, strict=True)]
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


def test_names_of_parts_and_order_of_partitions_do_not_matter():
    labels, others = _images(0, 4), _images(1, 3)
    got = metrics.adjusted_rand_index(labels, others)
    names = np.array([7, -1, 2**40, 0])
    np.testing.assert_array_equal(
        metrics.adjusted_rand_index(names[labels], others), got
    )
    np.testing.assert_array_equal(metrics.adjusted_rand_index(others, labels), got)
    np.testing.assert_array_equal(
        metrics.adjusted_rand_index(labels, names[labels]), np.ones(4)
    )


def test_chance_is_0_and_less_is_below():
    labels, others = _images(0, 3, (50, 32, 32)), _images(1, 5, (50, 32, 32))
    got = metrics.adjusted_rand_index(labels, others)
    # Deviations of one image are about 1e-3.
    np.testing.assert_allclose(got.mean(), 0, atol=1e-3)
    rows, cols = np.indices((2, 2))
    # Of six pairs each joins two, and none both: (0 - 2/3) / (2 - 2/3).
    np.testing.assert_allclose(
        metrics.adjusted_rand_index(rows[None], cols[None]), [-0.5]
    )


def test_trivial_partitions_are_equal_to_themselves_and_chance_to_others():
    one, each = np.zeros((1, 2, 3), int), np.arange(6).reshape(1, 2, 3)
    index = metrics.adjusted_rand_index
    assert index(one, one) == 1
    assert index(each, each) == 1
    assert index(one, each) == 0


def test_memory_does_not_grow_with_the_product_of_the_numbers_of_parts():
    each = np.arange(90 * 90).reshape(1, 90, 90)
    tracemalloc.start()
    try:
        got = metrics.adjusted_rand_index(each, each[:, ::-1])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert got == 1
    # A table of all pairs of parts has 8100^2 counts, 1 GB with their float64.
    assert peak < 100 * each.nbytes


def test_many_pixels_do_not_overflow():
    labels = np.zeros((1, 2**9, 2**9), np.uint8)
    labels[:, :, 2**8 :] = 255
    assert metrics.adjusted_rand_index(labels, labels) == 1


@pytest.mark.parametrize(
    ("labels", "others", "complaint"),
    [
        (np.zeros((1, 2, 2), int), np.zeros((1, 2, 3), int), r"\(1, 2, 2\) and"),
        (np.zeros((2, 2), int), np.zeros((2, 2), int), r"\(image, row, col\)"),
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 2), int), "float64; give integers"),
        (np.zeros((1, 1, 1), int), np.zeros((1, 1, 1), int), "1 pixels; a pair"),
    ],
)
def test_what_is_no_pair_of_partitions_is_refused(labels, others, complaint):
    with pytest.raises(ValueError, match=complaint):
        unchecked(metrics.adjusted_rand_index)(labels, others)
