"""The Fréchet distance against closed forms, scipy, and what it must be by itself."""

import numpy as np
import pytest
import scipy.linalg

from jgan import metrics

# Float64 and sums of some thousand numbers: 1e-12 of the traces, which the distances
# below are at least a thousandth of.
EXACT = 1e-9


def _rotation(size, rng):
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def _features(num_images, num_features, seed, *, scale=1.0, offset=0.0):
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((num_features, num_features)) / np.sqrt(num_features)
    return scale * rng.standard_normal((num_images, num_features)) @ mixing + offset


def _by_scipy(real, generated):
    a, b = np.cov(real.T), np.cov(generated.T)
    shift = real.mean(0) - generated.mean(0)
    root = scipy.linalg.sqrtm(a @ b)
    return shift @ shift + np.trace(a + b - 2 * np.real(root))


@pytest.mark.parametrize("size", [1, 2, 50])
def test_commuting_gaussians_have_the_closed_form(size):
    rng = np.random.default_rng(size)
    mean_a, mean_b = rng.standard_normal((2, size))
    # Spreads over six decades, as the features of networks have.
    std_a, std_b = 10.0 ** rng.uniform(-3, 3, (2, size))
    want = np.sum((mean_a - mean_b) ** 2) + np.sum((std_a - std_b) ** 2)
    for basis in (np.eye(size), _rotation(size, rng)):
        a, b = ((basis * std**2) @ basis.T for std in (std_a, std_b))
        got = metrics.gaussian_distance(basis @ mean_a, a, basis @ mean_b, b)
        assert got == pytest.approx(want, rel=EXACT)


@pytest.mark.parametrize(
    ("num_features", "scale", "offset"), [(1, 2.0, 0.0), (8, 1.05, 0.0), (64, 1.5, 3.0)]
)
def test_features_equal_scipys_matrix_square_root(num_features, scale, offset):
    real = _features(400, num_features, 0)
    generated = _features(500, num_features, 1, scale=scale, offset=offset)
    want = _by_scipy(real, generated) if num_features > 1 else None
    if want is None:  # np.cov gives a scalar.
        want = (real.mean() - generated.mean()) ** 2
        want += (real.std(ddof=1) - generated.std(ddof=1)) ** 2
    assert metrics.frechet_distance(real, generated) == pytest.approx(want, rel=1e-6)
    want_back = metrics.frechet_distance(generated, real)
    assert want == pytest.approx(want_back, rel=1e-6)


@pytest.mark.parametrize(("num_real", "num_generated"), [(20, 30), (20, 200), (2, 3)])
def test_fewer_images_than_features_keep_every_digit(num_real, num_generated):
    real, generated = _features(num_real, 64, 2), _features(num_generated, 64, 3)
    # From the images themselves no root of a rounded 0 is taken: the eigenvalues of
    # (A B)^1/2 are the singular values of the products of images.
    a, b = (x - x.mean(0) for x in (real, generated))
    traces = np.sum(a**2) / (num_real - 1) + np.sum(b**2) / (num_generated - 1)
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    overlap /= np.sqrt((num_real - 1) * (num_generated - 1))
    want = np.sum((real.mean(0) - generated.mean(0)) ** 2) + traces - 2 * overlap
    got = metrics.frechet_distance(real, generated)
    assert got == pytest.approx(want, rel=EXACT)


def test_a_set_is_at_no_distance_from_itself_nor_from_its_rotation_of_both():
    real, generated = _features(100, 16, 4), _features(100, 16, 5)
    assert 0 <= metrics.frechet_distance(real, real) < 1e-12 * np.sum(np.var(real, 0))
    assert metrics.frechet_distance(np.zeros((3, 4)), np.zeros((3, 4))) == 0
    basis = _rotation(16, np.random.default_rng(6))
    want = metrics.frechet_distance(real, generated)
    got = metrics.frechet_distance(real @ basis + 5, generated @ basis + 5)
    assert got == pytest.approx(want, rel=EXACT)
    got = metrics.frechet_distance(3 * real, 3 * generated)
    assert got == pytest.approx(9 * want, rel=EXACT)
    got = metrics.frechet_distance(real, real + 2)
    assert got == pytest.approx(16 * 2**2, rel=EXACT)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_moments_in_any_grouping_are_those_of_all_images(offset):
    features = _features(101, 5, 7, offset=offset)
    groups = [features[i:j] for i, j in ((0, 1), (1, 40), (40, 40), (40, 101))]
    parts = [metrics.feature_moments_of(group) for group in groups]
    zero = metrics.zero_feature_moments(5)
    forward = backward = zero
    for part in parts:
        forward = metrics.merge_feature_moments(forward, part)
        backward = metrics.merge_feature_moments(part, backward)
    pairs = metrics.merge_feature_moments(
        metrics.merge_feature_moments(*parts[2:]),
        metrics.merge_feature_moments(*parts[:2]),
    )
    # Deviations from a mean of 1e6 are exact to 1e-10.
    atol = 1e-8 if offset else 1e-13
    for moments in (forward, backward, pairs):
        assert moments.num_images == 101
        np.testing.assert_allclose(moments.mean, features.mean(0), atol=atol)
        covariance = metrics.feature_covariance(moments)
        np.testing.assert_allclose(covariance, np.cov(features.T), atol=atol)
    empty = metrics.merge_feature_moments(zero, zero)
    np.testing.assert_array_equal(empty.scatter, zero.scatter)
    got = metrics.frechet_distance(forward, metrics.feature_moments_of(2 * features))
    want = metrics.frechet_distance(features, 2 * features)
    assert got == pytest.approx(want, rel=EXACT)


def test_float32_features_are_summed_in_float64():
    features = _features(50, 6, 8, offset=1e4).astype(np.float32)
    covariance = metrics.feature_covariance(metrics.feature_moments_of(features))
    assert covariance.dtype == np.float64
    np.testing.assert_allclose(covariance, np.cov(features.T.astype(np.float64)))


@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (np.ones((3, 4)), np.ones((3, 5)), "4 real and 5 generated"),
        (np.ones((1, 4)), np.ones((3, 4)), "1 images have no covariance"),
        (np.ones((3, 0)), np.ones((3, 0)), r"shape \(3, 0\)"),
        (
            np.array([[0.0], [np.nan], [1.0], [np.inf]]),
            np.ones((3, 1)),
            "of 2 images are NaN or infinite, first of image 1",
        ),
    ],
)
def test_features_that_have_no_distance_are_refused(real, generated, message):
    with pytest.raises(ValueError, match=message):
        metrics.frechet_distance(real, generated)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0, 0.5], [0.4, 1.0]], "not symmetric: .* differ by 0.1"),
        ([[1.0, 2.0], [2.0, 1.0]], "negative eigenvalue -1"),
        ([[1.0, np.nan], [np.nan, 1.0]], "NaN or infinity"),
        ([[1.0]], r"shape \(1, 1\) beside a mean of 2"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance, message):
    with pytest.raises(ValueError, match=message):
        metrics.gaussian_distance(
            np.zeros(2), np.eye(2), np.zeros(2), np.array(covariance)
        )


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_mean_that_is_not_finite_is_refused(broken):
    moments = metrics.feature_moments_of(_features(10, 2, 9))
    wrong = moments._replace(mean=np.array([0.0, broken]))
    with pytest.raises(ValueError, match="NaN or infinity"):
        metrics.frechet_distance(moments, wrong)


def test_moments_of_other_features_do_not_merge():
    with pytest.raises(ValueError, match="of 3 and of 4 features"):
        metrics.merge_feature_moments(
            metrics.zero_feature_moments(3), metrics.zero_feature_moments(4)
        )
