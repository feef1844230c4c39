"""Figures of each class on its own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial

from jgan import metrics
from jgan.segment import scenes_network
from jgan.worlds.scenes import sample_scenes

pytestmark = pytest.mark.usefixtures("unoptimized")

_KEY = jax.random.key(0)


def _features(num_images=60):
    draw = np.random.default_rng(0)
    real = draw.standard_normal((3, num_images, 4))
    generated = draw.standard_normal((3, num_images, 4)) * [[[1.0]], [[0.3]], [[1.0]]]
    return real, generated + np.array([0.0, 0.0, 9.0])[:, None, None]


def test_each_class_is_compared_with_itself_alone():
    real, generated = _features()
    got = metrics.class_performance(real, generated)
    for label in range(3):
        ours = real[label], generated[label]
        assert got.frechet_distance[label] == metrics.frechet_distance(*ours)
        shares = metrics.precision_recall(*ours)
        assert (got.precision[label], got.recall[label]) == shares
        distance = scipy.spatial.distance.pdist(generated[label]).mean()
        assert got.diversity[label] == pytest.approx(distance)
    # The second hardly varies, the third is elsewhere.
    assert got.recall[1] < got.recall[0]
    assert got.diversity[1] < 0.5 * got.diversity[0]
    assert got.precision[2] == 0
    assert got.frechet_distance.argmax() == 2


def test_the_renderer_performs_as_itself():
    network = scenes_network()

    def generate(labels, key):
        scenes = sample_scenes(len(labels), class_label=labels, key=key)
        # One class of eight is blank.
        blank = (labels == 5)[:, None, None, None]
        return jnp.where(blank, 0.0, scenes.images)

    got = metrics.scenes_performance(
        generate, network, num_images=20, batch_size=32, key=_KEY
    )
    rest = np.delete(np.arange(8), 5)
    assert got.frechet_distance.argmax() == 5
    assert got.diversity[5] == 0
    assert (got.precision[rest] > 0.3).all()
    assert got.precision[5] == 0


@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (np.ones((2, 9, 4)), np.ones((3, 9, 4)), r"\(2, 9, 4\) and \(3, 9, 4\)"),
        (np.ones((1, 9, 4)), np.ones((1, 9, 5)), "features"),
        (np.ones((1, 2, 4)), np.ones((1, 2, 4)), "k is 3"),
    ],
)
def test_features_that_do_not_fit_are_refused(real, generated, message):
    with pytest.raises(ValueError, match=message):
        metrics.class_performance(real, generated)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="num_images is 10 and batch_size 12"):
        metrics.scenes_performance(
            lambda labels, key: jnp.zeros((len(labels), 64, 64, 3)),
            scenes_network(),
            num_images=10,
            batch_size=12,
            key=_KEY,
        )
