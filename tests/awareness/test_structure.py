"""Sets, overlaps and similarities of planted channels."""

import numpy as np
import pytest

from jgan import awareness
from tests.awareness.test_analytic import plant
from tests.generators import make_gan

_ACTIVE = [[0, 3, 4], [3, 4, 6], [1, 2, 5]]


@pytest.fixture
def planted(new_key):
    gan = plant(make_gan("biggan_unshared"), _ACTIVE)
    return awareness.channel_awareness(gan, num_latents=1, key=new_key())


def test_planted_sets_are_recovered_exactly(planted):
    found = awareness.relevant_channels(planted, count=3)
    assert [*found] == [*planted]
    for channels in found.values():
        assert [sorted(one) for one in channels.tolist()] == _ACTIVE


def test_planted_overlaps_are_recovered_exactly(planted):
    got = awareness.class_overlap(awareness.relevant_channels(planted, count=3))
    # Two of the four channels that the first two have, in every layer.
    np.testing.assert_array_equal(got, [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]])


def test_layers_count_by_their_channels():
    sets = {"a": np.array([[0, 1], [2, 3]]), "b": np.array([[5], [5]])}
    np.testing.assert_allclose(awareness.class_overlap(sets)[0, 1], 1 / 5)


def test_the_best_channels_come_first_and_equal_ones_in_order():
    scores = {"a": np.float32([[0.1, 0.9, 0.9, 0.5]])}
    got = awareness.relevant_channels(scores, count=3)
    np.testing.assert_array_equal(got["a"], [[1, 2, 3]])
    for count in (0, 5):
        with pytest.raises(ValueError, match=f"count is {count}, and a has 4 channels"):
            awareness.relevant_channels(scores, count=count)


def test_similar_classes_are_neighbors(planted):
    found = awareness.class_similarity(awareness.contrast(planted))
    table = np.concatenate([*awareness.contrast(planted).values()], axis=1)
    assert found.correlation.shape == (3, 3)
    np.testing.assert_allclose(np.diag(found.correlation), 1)
    assert found.correlation[0, 1] > found.correlation[0, 2]
    assert abs([*found.order].index(0) - [*found.order].index(1)) == 1
    # All layers have one deviation here, or the scale would change the correlation.
    np.testing.assert_allclose(found.correlation, np.corrcoef(table), atol=1e-6)


def test_no_layer_outweighs_another():
    draw = np.random.default_rng(0)
    scores = {name: draw.normal(size=(4, 6)) for name in ("a", "b")}
    louder = scores | {"b": 100 * scores["b"]}
    want = awareness.class_similarity(scores)
    got = awareness.class_similarity(louder)
    np.testing.assert_allclose(got.correlation, want.correlation, atol=1e-12)
    np.testing.assert_array_equal(got.order, want.order)


def test_a_layer_of_one_score_says_nothing():
    some = {"b": np.random.default_rng(0).normal(size=(3, 8))}
    want = awareness.class_similarity(some).correlation
    for score in (0.4, 5.0, 0.0):
        flat = {"a": np.full((3, 8), score, np.float32)}
        got = awareness.class_similarity(flat | some).correlation
        np.testing.assert_array_equal(got, want)
    with pytest.raises(ValueError, match="channels of class 0 have one score"):
        awareness.class_similarity(flat)


def test_what_has_no_similarity_is_refused():
    for size in (3, 6, 7):
        for score in (0.1, 0.3, 0.7, 1.1):
            flat = np.stack([np.arange(size), np.full(size, score)])
            with pytest.raises(ValueError, match="channels of class 1 have one score"):
                awareness.class_similarity({"a": flat})
    for of_nothing in (awareness.class_similarity, awareness.class_overlap):
        with pytest.raises(ValueError, match="There is no layer"):
            of_nothing({})
    with pytest.raises(ValueError, match="Scores of a are NaN"):
        awareness.relevant_channels({"a": np.array([[1.0, np.nan]])}, count=1)
    with pytest.raises(ValueError, match="There are 1 classes"):
        awareness.class_similarity({"a": np.ones((1, 3))})
    with pytest.raises(ValueError, match="channels of class 1 have one score"):
        awareness.class_similarity({"a": np.array([[0.0, 1.0], [2.0, 2.0]])})


def test_channels_of_the_class_and_of_the_latent_are_told_apart():
    draw = np.random.default_rng(0)
    by_class, by_latent = draw.normal(size=(5, 1)), draw.normal(size=(1, 7))
    ones = np.ones((5, 7))
    values = np.stack(
        [by_class * ones, by_latent * ones, by_class + by_latent, by_class * by_latent],
        axis=-1,
    )
    values = np.concatenate([values, np.full((5, 7, 1), 3.0)], axis=-1)
    got = awareness.decompose(values)
    np.testing.assert_allclose(got.class_share[:2], [1, 0], atol=1e-12)
    assert np.isnan(got.class_share[4])
    np.testing.assert_allclose(got.together[:3], 0, atol=1e-12)
    # A product: all three parts, by hand.
    centered = values[..., 3] - values[..., 3].mean()
    of_class = centered.mean(axis=1, keepdims=True)
    of_latent = centered.mean(axis=0, keepdims=True)
    np.testing.assert_allclose(got.by_class[3], np.square(of_class).mean())
    np.testing.assert_allclose(got.by_latent[3], np.square(of_latent).mean())
    rest = centered - of_class - of_latent
    np.testing.assert_allclose(got.together[3], np.square(rest).mean())
    total = got.by_class + got.by_latent + got.together
    np.testing.assert_allclose(total, values.var(axis=(0, 1)), atol=1e-12)
    np.testing.assert_allclose(got.by_class[2], by_class.var())
    for small in (values[:1], values[:, :1]):
        with pytest.raises(ValueError, match="give 2 of each at"):
            awareness.decompose(small)
