"""Total awareness, and how it goes together with figures of classes."""

import jax
import numpy as np
import pytest
import scipy.stats

from jgan import awareness

_KEY = jax.random.key(0)


def test_the_total_is_over_all_layers_and_channels():
    table = {"a": np.float32([[1, 2], [3, 4]]), "b": np.float32([[10], [20]])}
    np.testing.assert_array_equal(awareness.total_awareness(table), [13, 27])
    with pytest.raises(ValueError, match="no layer"):
        awareness.total_awareness({})


@pytest.mark.parametrize("seed", range(5))
def test_coefficients_are_scipys(seed):
    draw = np.random.default_rng(seed)
    total, values = draw.lognormal(size=12), draw.integers(0, 5, 12).astype(float)
    got = awareness.correlate(total, values, num_resamples=10, key=_KEY)
    assert got.pearson == pytest.approx(scipy.stats.pearsonr(total, values).statistic)
    want = scipy.stats.spearmanr(total, values).statistic
    assert got.spearman == pytest.approx(want)


def test_intervals_are_those_of_a_normal_pair():
    # Fisher's interval of 200 pairs holds for them, up to the noise of a bootstrap.
    draw = np.random.default_rng(1)
    total = draw.standard_normal(200)
    values = 0.6 * total + 0.8 * draw.standard_normal(200)
    got = awareness.correlate(total, values, key=_KEY)
    want = scipy.stats.pearsonr(total, values).confidence_interval(0.95)
    np.testing.assert_allclose(got.pearson_interval, want, atol=0.03)
    low, high = got.spearman_interval
    assert low < got.spearman < high


def test_a_monotone_relation_has_rank_correlation_one():
    total = np.arange(8.0)
    got = awareness.correlate(total, -np.exp(total), key=_KEY)
    assert got.spearman == pytest.approx(-1)
    np.testing.assert_allclose(got.spearman_interval, -1)
    assert got.pearson > -0.9


def test_what_does_not_vary_has_no_correlation():
    got = awareness.correlate(np.arange(4.0), np.ones(4), key=_KEY)
    assert np.isnan([got.pearson, *got.spearman_interval]).all()


@pytest.mark.parametrize(
    ("total", "values", "message"),
    [
        (np.ones(3), np.ones(4), r"shape \(3,\) and values of \(4,\)"),
        (np.ones(2), np.ones(2), "at least three classes"),
        (
            np.array([1, 2, np.inf]),
            np.array([1, np.nan, 2]),
            r"At position 1 the total is 2 and the value nan\..* at \[1, 2\]",
        ),
    ],
)
def test_figures_that_do_not_fit_are_refused(total, values, message):
    with pytest.raises(ValueError, match=message):
        awareness.correlate(total, values, key=_KEY)
