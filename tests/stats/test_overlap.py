"""Overlap of units and concepts: the original's numbers, and a plain count."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from tests.stats.dissection import concepts_of, golden, labels_of

CASES = ["single", "multi", "multi_none"]
# Factors 8, 4, 32/12 and 2; the last has negative values, as after a leaky ReLU.
LAYERS = ["layer4", "layer8", "layer12", "layer16"]


def _overlap(units, levels, labels, categories, *, batches=1):
    zero = stats.zero_overlap(
        np.asarray(levels), num_concepts=len(categories), categories=categories
    )
    update = jax.jit(lambda total, seen: total.update(seen))
    total = zero
    for part in np.split(np.arange(len(units)), batches):
        weights = jnp.ones((len(part),))
        seen = stats.Seen(
            jnp.asarray(units[part]),
            weights,
            jnp.asarray(part, jnp.int32),
            jnp.asarray(labels[part]),
        )
        total = update(total, seen)
    return total


@functools.cache
def _case(case, layer):
    file = golden("counts")
    inputs = "single" if case == "single" else "multi"
    first, categories = concepts_of(case, file)
    units, levels = (file[f"{inputs}/{layer}/{name}"] for name in ("units", "levels"))
    labels = labels_of(case, file[f"{inputs}/segs"])
    want = {
        name: file[f"{case}/{layer}/{name}"]
        for name in ("activity", "intersection", "iou", "iqr")
    }
    want["truth"] = file[f"{case}/truth"]
    return first, (units, levels, labels, categories.tolist()), want


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("case", CASES)
def test_counts_and_iou_are_the_originals(case, layer):
    first, inputs, want = _case(case, layer)
    got = _overlap(*inputs)
    # The original leaves the intersection with label 0 out.
    np.testing.assert_array_equal(got.both[:, 1 - first :].T, want["intersection"][1:])
    categories = 1 if case == "single" else 2
    activity = want["activity"][-categories:]
    np.testing.assert_array_equal(got.active.T, activity)
    np.testing.assert_array_equal(got.shown[1 - first :], want["truth"][1:])
    iou = got.iou()[:, 1 - first :].T
    np.testing.assert_array_equal(iou, want["iou"][1:])
    shares = got.concept_shares().T
    own = activity[got.categories]
    both = np.asarray(got.both).T
    np.testing.assert_array_equal(shares, both / np.maximum(own, 1))
    # Four terms of up to 1e-2 in float64 that cancel.
    quality = got.information_quality()[:, 1 - first :].T
    np.testing.assert_allclose(quality, want["iqr"][1:], rtol=0, atol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_batches_do_not_matter(case):
    _, inputs, _ = _case(case, "layer8")
    whole, parts = _overlap(*inputs), _overlap(*inputs, batches=8)
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(a, b)


def test_merging_is_adding_images():
    _, (units, levels, labels, categories), _ = _case("multi_none", "layer4")
    whole = _overlap(units, levels, labels, categories)
    some = _overlap(units[:7], levels, labels[:7], categories)
    rest = _overlap(units[7:], levels, labels[7:], categories)
    for a, b in zip(whole, rest.merge(some), strict=True):
        np.testing.assert_array_equal(a, b)


def test_padding_counts_for_nothing():
    _, (units, levels, labels, categories), _ = _case("multi_none", "layer8")
    weights = jnp.ones((24,)).at[10:].set(0.0)
    zero = stats.zero_overlap(
        levels, num_concepts=len(categories), categories=categories
    )
    seen = stats.Seen(jnp.asarray(units), weights, jnp.arange(24), jnp.asarray(labels))
    padded = jax.jit(lambda a, b: a.update(b))(zero, seen)
    few = _overlap(units[:10], levels, labels[:10], categories)
    for a, b in zip(padded, few, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_concept_named_twice_at_a_pixel_counts_once():
    labels = np.array([[[[0, 0], [1, 0]], [[-1, 1], [-1, -1]]]], np.int32)
    units = np.ones((1, 2, 2, 1), np.float32)
    got = _overlap(units, [0.5], labels, [0, 0])
    np.testing.assert_array_equal(got.both, [[2, 2]])
    np.testing.assert_array_equal(got.shown, [2, 2])
    np.testing.assert_array_equal(got.iou(), [[0.5, 0.5]])


def test_a_unit_equal_to_a_concept_is_found_and_a_dead_one_is_not(new_key):
    labels = jax.random.randint(new_key(), (6, 8, 8, 1), 0, 3)
    planted = (labels == 1).astype(jnp.float32)
    dead = jnp.zeros_like(planted)
    units = np.asarray(jnp.concatenate([planted, dead], axis=-1))
    iou = _overlap(units, [0.0, 0.0], np.asarray(labels), [0, 0, 0]).iou()
    np.testing.assert_array_equal(iou[0], [0, 1, 0])
    np.testing.assert_array_equal(iou[1], 0)


def test_an_infinite_threshold_switches_a_unit_off():
    _, (units, levels, labels, categories), _ = _case("multi_none", "layer8")
    off = np.where(np.arange(len(levels)) == 3, np.inf, levels)
    got = _overlap(units, off, labels, categories)
    assert not got.active[3].any()
    assert got.active.sum(axis=1).min() == 0
    assert not got.both[3].any()


def test_an_overlap_without_labels_says_what_is_missing():
    zero = stats.zero_overlap(np.zeros(1), num_concepts=2)
    seen = stats.Seen(jnp.ones((1, 2, 2, 1)), jnp.ones((1,)), jnp.zeros((1,), int))
    with pytest.raises(ValueError, match="segmenter"):
        zero.update(seen)


@pytest.mark.parametrize("categories", [[0], [0, -1]])
def test_categories_that_do_not_fit_are_refused(categories):
    with pytest.raises(ValueError, match="whole number from 0"):
        stats.zero_overlap(np.zeros(1), num_concepts=2, categories=categories)
