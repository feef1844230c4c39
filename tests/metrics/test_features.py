"""Features and their moments, batch by batch."""

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import metrics


def _features(images):
    return jnp.concatenate([images.mean((1, 2)), images.max((1, 2))], axis=-1)


def _batches(key, sizes):
    images = jax.random.uniform(key, (sum(sizes), 4, 4, 3))
    cuts = np.cumsum([0, *sizes])
    return images, [images[i:j] for i, j in zip(cuts, cuts[1:], strict=False)]


@pytest.mark.parametrize("sizes", [(5,), (4, 4, 3), (2, 0, 4, 1)])
def test_batches_give_the_features_of_all_images(new_key, sizes):
    images, batches = _batches(new_key(), sizes)
    got = metrics.collect_features(_features, batches)
    assert got.dtype == np.float64
    # Another batch size, another order of the sums of float32.
    np.testing.assert_allclose(got, _features(images), rtol=1e-6)
    moments = metrics.collect_moments(_features, iter(batches))
    assert moments.num_images == len(images)
    np.testing.assert_allclose(moments.mean, got.mean(0), rtol=1e-12)
    covariance = metrics.feature_covariance(moments)
    np.testing.assert_allclose(covariance, np.cov(got.T), rtol=1e-9, atol=1e-15)


def test_a_smaller_last_batch_and_a_second_run_do_not_compile_again(new_key):
    chex.clear_trace_counter()
    features = chex.assert_max_traces(_features, n=1)
    for _ in range(2):
        metrics.collect_features(features, _batches(new_key(), (4, 4, 3, 1))[1])


def test_a_broken_batch_is_named(new_key):
    _, batches = _batches(new_key(), (2, 3))
    batches[1] = batches[1].at[2].set(jnp.nan)
    with pytest.raises(ValueError, match="batch 1 features of 1 images .* image 2"):
        metrics.collect_features(_features, batches)


def test_what_gives_no_features_is_refused(new_key):
    with pytest.raises(ValueError, match="There are no images"):
        metrics.collect_moments(_features, [])
    _, batches = _batches(new_key(), (2,))
    with pytest.raises(ValueError, match=r"shape \(2, 4, 4, 3\) of 2 images"):
        metrics.collect_features(lambda images: images, batches)
    with pytest.raises(ValueError, match=r"shape \(3,\) of 2 images"):
        metrics.collect_features(lambda images: images.mean((0, 1, 2)), batches)
