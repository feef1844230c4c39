"""The kernel distance against a loop over pairs and a discrepancy known in advance."""

import math

import jax
import numpy as np
import pytest

from jgan import metrics


def _brute_force(real, generated):
    kernel = lambda x, y: (float(x @ y) / len(x) + 1) ** 3
    others = lambda x: [
        kernel(a, b) for i, a in enumerate(x) for j, b in enumerate(x) if i != j
    ]
    across = [kernel(a, b) for a in real for b in generated]
    mean = lambda values: math.fsum(values) / len(values)
    return mean(others(real)) + mean(others(generated)) - 2 * mean(across)


@pytest.mark.parametrize(("num_images", "num_features"), [(2, 1), (15, 6)])
def test_whole_sets_equal_a_loop_over_pairs(new_key, num_images, num_features):
    rng = np.random.default_rng(num_images)
    real = rng.standard_normal((num_images, num_features))
    generated = 1.5 * rng.standard_normal((num_images, num_features)) + 0.2
    got = metrics.kernel_distance(
        real, generated, num_subsets=3, subset_size=num_images, key=new_key()
    )
    # Sums of at most 225 float64 numbers of about 1.
    assert got.mean == pytest.approx(_brute_force(real, generated), abs=1e-12)
    assert got.std == pytest.approx(0, abs=1e-12)


def test_subsets_are_unbiased_and_drawn_by_the_key(new_key):
    rng = np.random.default_rng(0)
    real, generated = rng.standard_normal((30, 3)), rng.standard_normal((40, 3)) + 0.5
    # By the definition, on all pairs of sets of different sizes.
    want = _brute_force(real, generated)
    key = new_key()
    draw = lambda num, key: metrics.kernel_distance(
        real, generated, num_subsets=num, subset_size=10, key=key
    )
    got = draw(150, key)
    # Subsets are independent given the sets; four standard errors.
    assert got.mean == pytest.approx(want, abs=4 * got.std / math.sqrt(150))
    assert got.std > 0.1
    assert draw(5, key) == draw(5, key)
    assert draw(5, key) != draw(5, new_key())


def test_normal_features_have_the_discrepancy_of_their_moments(new_key):
    shift = 0.5
    rng = np.random.default_rng(1)
    real = rng.standard_normal((8_000, 1))
    generated = rng.standard_normal((8_000, 1)) + shift
    # (x y + 1)^3 is a sum of binomials times powers of x and y, so the discrepancy is
    # that sum over the differences of the moments: of N(s, 1) they are s, s^2 + 1 and
    # s^3 + 3 s.
    differences = (shift, shift**2, shift**3 + 3 * shift)
    want = sum(
        math.comb(3, i + 1) * difference**2 for i, difference in enumerate(differences)
    )
    got = metrics.kernel_distance(
        real, generated, num_subsets=40, subset_size=1000, key=new_key()
    )
    # The sets are eight subsets large: three standard errors.
    atol = 3 * got.std / math.sqrt(8)
    assert atol < 0.25 * want
    assert got.mean == pytest.approx(want, abs=atol)
    same = metrics.kernel_distance(
        real[:4000], real[4000:], num_subsets=10, key=new_key()
    )
    assert abs(same.mean) < atol


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"subset_size": 6}, "6 images, out of 5 real .* of 2 to 5 images"),
        ({"subset_size": 1}, "2 to 5 images"),
        ({"subset_size": 3, "num_subsets": 0}, "0 subsets of 3"),
    ],
)
def test_subsets_that_cannot_be_drawn_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        metrics.kernel_distance(
            np.ones((5, 2)), np.ones((7, 2)), key=jax.random.key(0), **options
        )


def test_other_features_and_broken_ones_are_refused():
    with pytest.raises(ValueError, match="2 real and 3 generated"):
        metrics.kernel_distance(
            np.ones((5, 2)), np.ones((5, 3)), subset_size=5, key=jax.random.key(0)
        )
    with pytest.raises(ValueError, match="The generated features .* first of image 0"):
        metrics.kernel_distance(
            np.ones((5, 1)), np.full((5, 1), np.nan), key=jax.random.key(0)
        )
