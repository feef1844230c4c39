"""Thresholds by information quality against the original's search."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from jgan.dissect import _thresholds
from jgan.ops import enlarge
from tests.stats.dissection import concepts_of, golden, labels_of

CASES = ["single", "multi", "multi_none"]
LAYERS = ["layer4", "layer8", "layer16"]
# Below it, several levels are as good as each other, and none tells much.
_TELLING = 0.01
# Of all images, at the size of the labels.
_PIXELS = 24 * 32 * 32


@functools.cache
def _search(case, layer):
    """Its first label, and our counts at all levels on the original's tensors."""
    file = golden("levels")
    first, categories = concepts_of(case, file)
    segs = file["segs"][:, :1] if case == "single" else file["segs"]
    labels = jnp.asarray(labels_of(case, segs))
    units = jnp.asarray(file[f"{layer}/units"])
    seen = stats.Seen(units, jnp.ones((24,)), jnp.arange(24), labels)
    update = jax.jit(lambda total, seen: total.update(seen))
    histogram = update(stats.Enlarged(stats.zero_quantiles(units.shape[-1])), seen)
    ascending = (1 - _thresholds.fractions())[::-1]
    levels = histogram.inner.quantiles(ascending.tolist()).T
    zero = stats.zero_levels(
        levels, num_concepts=len(categories), categories=categories.tolist()
    )
    return first, update(zero, seen)


def test_the_fractions_are_the_originals():
    np.testing.assert_allclose(
        _thresholds.fractions(), golden("levels")["fractions"], rtol=1e-6
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_levels_leave_the_fractions_above(layer):
    units = jnp.asarray(golden("levels")[f"{layer}/units"])
    enlarged = np.asarray(jax.jit(jax.vmap(lambda maps: enlarge(maps, 32, 32)))(units))
    values = enlarged.reshape(-1, enlarged.shape[-1])
    fractions = _thresholds.fractions()[::-1]
    for unit, levels in enumerate(np.asarray(_search("single", layer)[1].levels)):
        margin = stats.RELATIVE_ERROR * np.abs(levels)
        share = lambda above: above.mean(axis=0)
        mine = values[:, unit : unit + 1]
        # At an end of the range of the bin, the fraction is between the two shares.
        assert (share(mine > levels + margin) <= fractions + 1e-9).all()
        assert (share(mine >= levels - margin) >= fractions - 1e-9).all()


def _as_the_original(counts):
    """IQR, IoU and agreement, [unit, fraction, concept], of shares that it mixes.

    Those with a concept are of all images, that of the unit of the category's.
    """
    both, units = counts.above()
    joint, shown = (np.asarray(x) / _PIXELS for x in (both, counts.shown))
    pixels = np.asarray(counts.pixels, np.float64)[counts.categories]
    active = np.asarray(units)[:, :, counts.categories] / pixels
    union = active + shown - joint
    quality = stats.quality_ratio(joint, active - joint, shown - joint, 1 - union)
    agreement = joint.clip(0, 1) + (1 - union).clip(0, 1)
    levels = np.asarray(counts.levels)[:, :, None] > 0
    levels[:, 0] = False
    quality[~(levels & (shown >= 1e-3) & (agreement > 0.8))] = 0
    iou = joint / np.maximum(union, 1 / _PIXELS)
    return [table[:, ::-1] for table in (quality, iou, agreement)]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("case", CASES)
def test_buckets_are_the_originals_or_their_neighbors(case, layer):
    first, counts = _search(case, layer)
    # In "multi", the original counts a pixel of none in each slot: twice.
    some = slice(1 if case == "multi" else 0, None)
    file, place = golden("levels"), f"{case}/iqr_exact/{layer}"
    of = lambda key: np.moveaxis(file[f"{place}/{key}"], 0, -1)[..., first:][..., some]
    curves, *others = (table[..., some] for table in _as_the_original(counts))
    best, bucket = of("best_iqr"), of("best_bucket")
    telling = best > _TELLING
    assert telling.sum() >= 3
    assert np.abs(curves.argmax(axis=1) - bucket)[telling].max() <= 1
    # Shares are counted here, and read from a sketch there; levels are within 0.4 %.
    assert np.abs(curves.max(axis=1) - best)[telling].max() < 2e-3
    counted = (curves > 0) & (of("curve") > 0)
    assert np.abs(curves - of("curve"))[counted].max() < 5e-3
    for table, key in zip(others, ("best_iou", "best_agreement"), strict=True):
        at = np.take_along_axis(table, bucket[:, None], axis=1)[:, 0]
        assert np.abs(at - of(key))[telling].max() < 3e-3
    # What the original rules out is ruled out.
    np.testing.assert_array_equal(curves.max(axis=1)[best == 0], 0)
    if case == "single":
        # One category, which every image shows: nothing is mixed.
        ours = _thresholds.iqr_curves(counts)[:, ::-1]
        np.testing.assert_allclose(ours, curves, rtol=0, atol=1e-14)


def test_a_dead_unit_has_no_threshold():
    zero = stats.zero_levels(np.zeros((1, 100)), num_concepts=2)
    seen = stats.Seen(
        jnp.zeros((2, 4, 4, 1)),
        jnp.ones((2,)),
        jnp.arange(2),
        jnp.zeros((2, 8, 8, 1), jnp.int32),
    )
    found = _thresholds.most_telling(jax.jit(lambda a, b: a.update(b))(zero, seen))
    assert np.isposinf(found.thresholds[0])
    assert found.concepts[0] == -1
