"""Leakage: the published matrices and their figures, and what has no figure."""

import numpy as np
import pytest

from jgan import metrics

# Oldfield et al. (2021), from the predictions that come with their code: edits of hair,
# pitch and yaw by what they change of the same; images, and both figures.
_PUBLISHED = {
    "ours": (
        [[0.519, 4.050, 3.477], [0.105, 9.687, 2.585], [0.127, 4.520, 26.005]],
        (82, 0.261, 0.26),
    ),
    "sefa": (
        [[0.513, 8.449, 6.965], [0.227, 9.506, 4.600], [0.103, 3.827, 26.466]],
        (83, 0.395, 0.39),
    ),
    "ganspace": (
        [[0.474, 4.616, 6.427], [0.419, 9.359, 7.214], [0.207, 5.160, 26.723]],
        (80, 0.480, 0.47),
    ),
    "unsupervised": (
        [[0.475, 3.974, 10.929], [0.152, 5.381, 7.055], [0.168, 8.027, 25.412]],
        (73, 0.479, 0.48),
    ),
}


@pytest.mark.parametrize("method", _PUBLISHED)
def test_figures_are_the_published_ones(method):
    rows, (num_images, right, published) = _PUBLISHED[method]
    matrix = np.array(rows)
    assert abs(metrics.mean_off_diagonal(matrix) - right) < 1e-3
    compat = metrics.mean_off_diagonal(matrix, compat=num_images)
    assert round(compat, 2) == published


def test_leakage_is_the_mean_change_of_what_can_be_read():
    before = np.array([[1.0, 2.0], [3.0, np.nan], [0.0, 0.0], [5.0, 5.0]])
    after = np.zeros((3, 4, 2))
    after[0] = before + [0.5, -2.0]
    after[1] = before * [3.0, 1.0]
    after[2] = before
    after[2, 2, 0] = np.inf
    # Images 0 and 3 are left.
    want = [[0.5, 2.0], [6.0, 0.0], [0.0, 0.0]]
    np.testing.assert_array_equal(metrics.leakage(before, after), want)


def test_columns_are_compared_in_their_own_units():
    matrix = np.array([[2.0, 30.0], [1.0, 40.0]])
    assert metrics.mean_off_diagonal(matrix) == (0.5 + 0.75) / 2
    assert metrics.mean_off_diagonal(matrix * [1e6, 1e-6]) == (0.5 + 0.75) / 2
    assert metrics.mean_off_diagonal(np.eye(3)) == 0
    assert metrics.mean_off_diagonal(np.ones((3, 3))) == 1


def test_separation_of_pure_and_mixed_edits():
    of = lambda *changes: metrics.separation(*np.array(changes, np.float64))
    assert of([1, 0, 3], [0, 2, 0]) == 1
    assert of([1, 2], [1, 2]) == 0
    assert of([3, 0], [1, 0]) == (0.5 + 0) / 2


def test_what_has_no_figure_is_refused():
    for matrix in (np.ones((2, 3)), np.ones((1, 1))):
        with pytest.raises(ValueError, match="The matrix has shape"):
            metrics.mean_off_diagonal(matrix)
    with pytest.raises(ValueError, match="No edit changes attribute 1"):
        metrics.mean_off_diagonal(np.array([[1.0, 0.0], [1.0, 0.0]]))
    with pytest.raises(ValueError, match="Of none of 2 images"):
        metrics.leakage(np.full((2, 3), np.nan), np.zeros((1, 2, 3)))
    for changes in ([-1.0], [np.nan], []):
        with pytest.raises(ValueError, match="The changes are"):
            metrics.separation(np.array(changes), np.zeros(len(changes)))
