"""The figures against brute force, and the shipped network against its bounds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.metrics

from jgan.segment import SceneNetwork
from jgan.segment.scenes.evaluate import _r2, confusion_of, evaluate, iou_of
from jgan.worlds.scenes import CONCEPTS, sample_scenes

pytestmark = pytest.mark.usefixtures("unoptimized")

_read = jax.jit(SceneNetwork.read)


def _labels(*, images: int, concepts: int):
    draw = np.random.default_rng(0)
    true = draw.integers(0, concepts, (images, 8, 8), np.int32)
    wrong = draw.random(true.shape) < 0.4
    read = np.where(wrong, draw.integers(0, concepts, true.shape, np.int32), true)
    return true, read


def test_iou_equals_brute_force():
    true, read = _labels(images=5, concepts=4)
    confusion = confusion_of(jnp.asarray(true), jnp.asarray(read), num_concepts=4)
    iou = iou_of(np.asarray(confusion))
    for concept in range(4):
        a, b = true == concept, read == concept
        # Both are the same quotient of whole numbers.
        assert iou[concept] == (a & b).sum() / (a | b).sum()


def test_confusion_equals_that_of_scikit_learn_and_skips_unknown_pixels():
    true, read = _labels(images=3, concepts=4)
    true[0, :4] = -1
    true[1, 0] = 4
    confusion = confusion_of(jnp.asarray(true), jnp.asarray(read), num_concepts=4)
    known = (true >= 0) & (true < 4)
    want = sklearn.metrics.confusion_matrix(true[known], read[known], labels=range(4))
    np.testing.assert_array_equal(confusion, want)


def test_a_concept_that_never_occurs_has_no_iou():
    confusion = np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    np.testing.assert_array_equal(iou_of(confusion), [3 / 4, 2 / 3, np.nan])


def test_r2_equals_that_of_scikit_learn():
    draw = np.random.default_rng(0)
    true = draw.normal(size=(50, 3)).astype(np.float32)
    read = (true + draw.normal(size=true.shape, scale=0.5)).astype(np.float32)
    weights = (draw.random(true.shape) < 0.7).astype(np.float32)
    for i, found in enumerate(_r2(true, read, weights)):
        seen = weights[:, i] > 0
        want = sklearn.metrics.r2_score(
            true[seen, i].astype(np.float64), read[seen, i].astype(np.float64)
        )
        # Float64 sums of 50 numbers, in another order.
        np.testing.assert_allclose(found, want, rtol=1e-12)


def test_a_factor_that_does_not_vary_has_no_r2():
    true = np.ones((4, 1), np.float32)
    assert np.isnan(_r2(true, 2 * true, np.ones_like(true))).all()
    assert np.isnan(_r2(true, true, np.zeros_like(true))).all()


@pytest.mark.slow  # Compiles the renderer.
def test_a_cut_batch_counts_its_images_once(network):
    key = jax.random.key(5)
    figures = evaluate(network, num_images=5, batch_size=4, key=key)
    # The second batch of four is cut to one.
    batches = [sample_scenes(4, key=jax.random.fold_in(key, start)) for start in (0, 4)]
    readings = [_read(network, batch.images) for batch in batches]
    join = lambda *parts: np.concatenate(parts)[:5]
    scenes = jax.tree.map(join, *batches)
    reading = jax.tree.map(join, *readings)
    assert figures.num_images == 5
    right = reading.class_scores.argmax(-1) == scenes.class_label
    assert figures.class_accuracy == right.mean()
    labels = reading.scores.argmax(-1)
    for concept, name in enumerate(CONCEPTS):
        a, b = scenes.segmentation == concept, labels == concept
        either = (a | b).sum()
        want = (a & b).sum() / either if either else np.nan
        # Two programs round scores differently, by 1e-6: no pixel is that undecided.
        np.testing.assert_equal(figures.iou[name], want)
    assert figures.mean_iou == np.nanmean(list(figures.iou.values()))
    same = evaluate(network, num_images=5, batch_size=4, key=key)
    # assert_equal, because NaN is the same as NaN here.
    np.testing.assert_equal(same._asdict(), figures._asdict())


@pytest.mark.parametrize(("num_images", "batch_size"), [(0, 4), (4, 0)])
def test_nothing_to_judge_is_refused(network, num_images, batch_size):
    with pytest.raises(ValueError, match="take 1 or more"):
        evaluate(
            network,
            num_images=num_images,
            batch_size=batch_size,
            key=jax.random.key(0),
        )


def test_the_shipped_network_reads_a_few_scenes(network, scenes):
    reading = jax.jit(type(network).read)(network, scenes.images)
    labels = reading.scores.argmax(axis=-1)
    confusion = confusion_of(scenes.segmentation, labels, num_concepts=11)
    # The bound of the slow test; sixteen scenes scatter by less than the margin.
    assert np.nanmean(iou_of(np.asarray(confusion))) >= 0.90
    np.testing.assert_array_equal(
        reading.class_scores.argmax(axis=-1), scenes.class_label
    )
