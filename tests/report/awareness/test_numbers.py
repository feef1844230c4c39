"""The numbers beside the page are those that the public functions give."""

import jax
import numpy as np
import pytest

from jgan import awareness
from jgan.report.awareness.choose import choose_classes, only_classes
from tests.generators import make_gan
from tests.report.awareness.conftest import GANS, NUM_LATENTS, SEED
from tests.report.parse import strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")

# Six digits are written.
_DIGITS = {"rtol": 1e-5, "atol": 1e-6}
# Programs of another batch size round differently.
_ROUNDED = {"rtol": 1e-4, "atol": 1e-5}


def _keys():
    """What the page draws from."""
    return jax.random.split(jax.random.key(SEED), 6)


@pytest.mark.parametrize(
    ("kind", "estimator"), [("biggan", "analytic"), ("measured", "empirical")]
)
def test_awareness_is_that_of_the_estimator(pages, kind, estimator):
    gan, found = GANS[kind](), strict_json(pages(kind) / "awareness.json")
    assert found["estimator"] == estimator
    want = awareness.channel_awareness(
        gan,
        estimator=estimator,
        num_latents=NUM_LATENTS,
        key=jax.random.split(_keys()[0], 3)[0],
    )
    contrast = awareness.contrast(want)
    similarity = awareness.class_similarity(contrast)
    assert [*found["layers"]] == [*want]
    for name, layer in found["layers"].items():
        np.testing.assert_allclose(layer["awareness"], want[name], **_ROUNDED)
        np.testing.assert_allclose(layer["contrast"], contrast[name], **_ROUNDED)
    np.testing.assert_allclose(found["correlation"], similarity.correlation, **_ROUNDED)
    assert found["order"] == similarity.order.tolist()
    total = awareness.total_awareness(want)
    np.testing.assert_allclose(found["total_awareness"], total, **_ROUNDED)


def test_neighbors_are_the_most_correlated(pages):
    found = strict_json(pages("biggan") / "awareness.json")
    assert [one["label"] for one in found["neighbors"]] == found["chosen"] == [4, 0, 2]
    values = {n: np.array(x["awareness"]) for n, x in found["layers"].items()}
    for one in found["neighbors"]:
        row = np.array(found["correlation"][one["label"]])
        assert row[one["other"]] == np.sort(row)[-2] == one["correlation"]
        sets = []
        for label in (one["label"], one["other"]):
            sets.append(
                {
                    (name, channel)
                    for name, x in values.items()
                    for channel in np.argsort(-x[label], kind="stable")[
                        : max(1, round(0.1 * x.shape[1]))
                    ].tolist()
                }
            )
        shared = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        assert one["shared"] == pytest.approx(shared, rel=1e-5)


def test_effects_are_those_of_rank_channels(pages):
    gan, edits = (
        GANS["measured"](),
        strict_json(pages("measured") / "numbers" / "edits.json"),
    )
    lost_key, added_key = jax.random.split(_keys()[3])
    layer = edits["layer"]
    lost = awareness.rank_channels(
        gan, [layer], operation="multiply", strength=0.0, num_latents=4, key=lost_key
    )[layer]
    added = awareness.rank_channels(
        gan, [layer], strength=3.0, num_latents=2, key=added_key
    )[layer]
    for one in edits["of_classes"]:
        np.testing.assert_allclose(
            one["effect"], lost.effect[:, one["channel"]], **_ROUNDED
        )
    assert [one["channel"] for one in edits["alike"]] == added.ranking_alike[:3]
    for one in edits["alike"]:
        np.testing.assert_allclose(
            one["effect"], added.effect[:, one["channel"]], **_ROUNDED
        )
        assert one["alike"] == pytest.approx(added.alike[one["channel"]], rel=1e-3)


def test_decomposition_and_gaps_are_those_of_awareness(pages):
    gan, found = GANS["biggan"](), strict_json(pages("biggan") / "awareness.json")
    _, latents_key, measured_key = jax.random.split(_keys()[0], 3)
    want = awareness.decompose_awareness(gan, num_latents=NUM_LATENTS, key=latents_key)
    for name, one in found["decomposition"].items():
        np.testing.assert_allclose(
            one["class_share"], want[name].class_share, **_DIGITS
        )
    measured = awareness.channel_awareness(
        gan, estimator="empirical", num_latents=NUM_LATENTS, key=measured_key
    )
    values = {n: np.array(x["awareness"]) for n, x in found["layers"].items()}
    gaps = awareness.estimate_gaps(values, measured)
    for name, gap in found["gaps"].items():
        assert gap == pytest.approx(gaps[name]._asdict(), rel=1e-3)
    assert strict_json(pages("measured") / "awareness.json")["gaps"] is None


@pytest.mark.parametrize("labels", [(2, 0), (0, 1, 2, 3)])
def test_some_classes_are_those_of_the_whole(new_key, labels):
    gan, key = make_gan("dcgan_conditional"), new_key()
    some = only_classes(gan, labels)
    assert some.class_names == tuple(gan.class_names[label] for label in labels)
    rows = jax.numpy.asarray([1, 0, 1])
    got = some.sample_latents(3, class_label=rows, start=2, key=key)
    want = gan.sample_latents(
        3, class_label=jax.numpy.asarray(labels)[rows], start=2, key=key
    )
    jax.tree.map(np.testing.assert_array_equal, got, want)
    drawn = some.sample_latents(3, key=key)
    jax.tree.map(np.testing.assert_array_equal, drawn, gan.sample_latents(3, key=key))


def test_classes_are_chosen_by_name_before_label():
    gan = GANS["planted"]()
    # The third is called 7; 2 is no name, so it is a label.
    assert choose_classes(gan, ("7", "0")) == (2, 0)
    assert choose_classes(gan, ("2", "a & <hot>")) == (2, 0)
    assert choose_classes(gan, ()) == (0, 1, 2)
    many = choose_classes(GANS["many"](), ())
    assert many == (0, 9, 19, 28, 37, 46, 56, 65)
