"""The numbers beside the page are those that the public functions give."""

import functools

import jax
import numpy as np
import pytest

from jgan import dissect
from jgan.dissect import causes
from jgan.report.batch_size import images_that_fit
from tests.report.dissection.conftest import NUM_IMAGES, SEED, bytes_of, dissect_sparks
from tests.report.dissection.planted import EARLY, LATE, RED, SCORED, sparks_gan
from tests.report.parse import strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")

# Six digits are written.
_DIGITS = {"rtol": 1e-5, "atol": 0}


@pytest.fixture
def written(dissections):
    return strict_json(dissections("scored") / "dissection.json")


def _sample(key):
    return dissect.Sample(
        num_images=NUM_IMAGES, batch_size=images_that_fit(sparks_gan()), key=key
    )


@functools.cache
def _keys():
    """What the page draws from: its images, the shuffling, and what is changed."""
    return jax.random.split(jax.random.key(SEED), 3)


@functools.cache
def _found(shuffled=False):
    gan = sparks_gan()
    key, shuffle_key, _ = _keys()
    if shuffled:
        gan = dissect.randomized(gan, key=shuffle_key)
    threshold_key, key = jax.random.split(key)
    thresholds = dissect.quantile_thresholds(
        gan, (EARLY, LATE), sample=_sample(threshold_key)
    )
    found = dissect.dissect(gan, thresholds, segmenter=SCORED, sample=_sample(key))
    return thresholds, found


@functools.cache
def _sites(key_number):
    key = jax.random.split(jax.random.fold_in(_keys()[2], 0), 5)[key_number]
    return causes.find_sites(
        sparks_gan(),
        LATE,
        concept=RED,
        segmenter=SCORED,
        # An eighth of the images, but as many as a step takes.
        num_sites=20,
        sample=_sample(key),
    )


def test_units_are_those_of_dissect(written):
    thresholds, found = _found()
    _, control = _found(shuffled=True)
    assert [*written["layers"]] == [EARLY, LATE]
    for name, got in written["layers"].items():
        want = found[name]
        column = lambda field, got=got: [unit[field] for unit in got["units"]]
        quality = want.overlap.information_quality()
        best = want.best_concepts
        assert column("unit") == [*range(len(best))]
        np.testing.assert_allclose(column("threshold"), thresholds[name], **_DIGITS)
        np.testing.assert_allclose(got["iou"], want.iou, **_DIGITS)
        np.testing.assert_allclose(column("iou"), want.best_ious, **_DIGITS)
        np.testing.assert_allclose(
            column("information_quality"),
            quality[np.arange(len(best)), best],
            **_DIGITS,
        )
        assert column("concept") == [written["concepts"][number] for number in best]
        assert column("named") == want.named.tolist()
        assert column("top_images") == want.top.numbers.tolist()
        assert got["named"] == sum(want.named)
        assert got["named_in_control"] == sum(control[name].named)
        assert got["named_by_chance"] == pytest.approx(want.chance_rate)
    late = written["layers"][LATE]
    assert 0 < late["named_in_control"] < late["named"]
    assert late["named_by_chance"] > 0


def test_counts_of_layers_are_those_of_compare_layers(dissections):
    written = strict_json(dissections("scored") / "numbers" / "layers.json")
    for row in dissect.compare_layers(_found()[1]):
        got = written[row.layer]
        assert (got["units"], got["named"]) == (row.units, row.named)
        counts = got["units_per_concept"].items()
        assert {name: n for name, n in counts if n} == row.units_per_concept


def test_curves_are_those_of_ablation_curve(written):
    one = _found()[1][LATE]
    told = written["causes"][0]
    assert (told["concept"], told["layer"]) == (RED, LATE)
    key = jax.random.fold_in(_keys()[2], 0)
    measure_key, random_key = jax.random.split(key, 5)[3:]
    orders = {
        "IoU": one.ranking(RED),
        "random": jax.random.permutation(random_key, 8).tolist(),
        # The first of its order, with the rest in any.
        "effect": [*told["units"], *{*range(8)}.difference(told["units"])],
    }
    assert told["curves"].keys() == orders.keys()
    for name, order in orders.items():
        want = causes.ablation_curve(
            sparks_gan(),
            LATE,
            order,
            concept=RED,
            segmenter=SCORED,
            counts=range(9),
            sample=_sample(measure_key),
        )
        got, end = told["curves"][name], 3 if name == "effect" else 9
        assert got["units_off"] == [*range(9)]
        np.testing.assert_allclose(got["removed"][:end], want.removed[:end], **_DIGITS)
        np.testing.assert_allclose(
            got["others_changed"][:end], want.disturbed[:end], **_DIGITS
        )


def test_the_effect_is_that_of_the_set_on_fresh_places(written):
    told, fresh = written["causes"][0], _sites(2)
    effect = causes.set_effect(
        sparks_gan(), LATE, fresh, told["units"], concept=RED, segmenter=SCORED
    )
    assert told["effect"] == pytest.approx(effect._asdict(), rel=1e-5)


def test_grounds_are_those_of_insertion_by_context(written, dissections):
    told = written["causes"][0]
    key = jax.random.split(jax.random.fold_in(_keys()[2], 0), 5)[3]
    want = causes.insertion_by_context(
        sparks_gan(),
        LATE,
        told["units"],
        np.asarray(_sites(0).value),
        concept=RED,
        segmenter=SCORED,
        sample=_sample(key),
    )
    assert told["insertion"]["counts"] == want.counts.tolist()
    assert 0 in want.counts
    for got, effect in zip(told["insertion"]["effect"], want.effect, strict=True):
        # Nothing was tried: no number, for which JSON has null.
        assert (got is None) == np.isnan(effect)
        assert got is None or got == pytest.approx(effect, rel=1e-5)
    of_page = strict_json(dissections("scored") / "numbers" / "contexts.json")
    assert of_page[RED] == told["insertion"]


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(
    dissections, tmp_path
):
    first = bytes_of(dissections("scored"))
    shares = []
    progress = lambda doing, share: shares.append(share)
    dissect_sparks("scored", tmp_path / "again", progress=progress)
    assert bytes_of(tmp_path / "again") == first
    assert shares == sorted(shares)
    assert shares[-1] == 1
    dissect_sparks("scored", tmp_path / "other", seed=SEED + 1)
    other = bytes_of(tmp_path / "other")
    for name in ("dissection.json", "index.html"):
        assert other[name] != first[name]
