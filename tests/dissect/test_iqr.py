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


def _originals(case, layer, key):
    """A table of the original's, [unit, concept] or [unit, fraction, concept]."""
    first, _ = _search(case, layer)
    table = np.moveaxis(golden("levels")[f"{case}/iqr_exact/{layer}/{key}"], 0, -1)
    # In "multi", the original counts a pixel of none in each slot: twice.
    return table[..., first + (1 if case == "multi" else 0) :]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("case", CASES)
def test_buckets_are_the_originals_or_their_neighbors(case, layer):
    _, counts = _search(case, layer)
    best, bucket = (_originals(case, layer, f"best_{x}") for x in ("iqr", "bucket"))
    curves = _thresholds.iqr_curves(counts, compat=True)[:, ::-1, -best.shape[-1] :]
    telling = best > _TELLING
    assert telling.sum() >= 3
    assert np.abs(curves.argmax(axis=1) - bucket)[telling].max() <= 1
    # Shares are counted here, and read from a sketch there; levels are within 0.4 %.
    assert np.abs(curves.max(axis=1) - best)[telling].max() < 2e-3
    wanted = _originals(case, layer, "curve")
    counted = (curves > 0) & (wanted > 0)
    assert np.abs(curves - wanted)[counted].max() < 5e-3
    # What the original rules out is ruled out.
    np.testing.assert_array_equal(curves.max(axis=1)[best == 0], 0)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_single_category_that_all_images_show_mixes_nothing(layer):
    _, counts = _search("single", layer)
    ours, originals = (
        _thresholds.iqr_curves(counts, compat=compat) for compat in (False, True)
    )
    np.testing.assert_allclose(ours, originals, rtol=0, atol=1e-14)


@pytest.mark.parametrize("case", ["multi", "multi_none"])
def test_shares_of_several_categories_are_not_mixed_unless_asked(case):
    _, counts = _search(case, "layer8")
    ours, originals = (
        _thresholds.most_telling(counts, compat=compat) for compat in (False, True)
    )
    told = originals.concepts >= 0
    assert told.any()
    assert (ours.quality != originals.quality)[told].any()
    # The curve of each concept, recounted of the images of its category alone.
    both, units = counts.above()
    concept = int(originals.concepts[told][0])
    kind = counts.categories[concept]
    pixels = int(counts.pixels[kind])
    assert pixels <= int(counts.all_pixels) == _PIXELS
    joint, active = both[..., concept], units[..., kind]
    shown = int(counts.shown[concept])
    cells = (joint, active - joint, shown - joint, pixels - active - shown + joint)
    curve = stats.quality_ratio(*(cell / pixels for cell in cells))
    got = _thresholds.iqr_curves(counts)[..., concept]
    assert (got > 0).any()
    np.testing.assert_allclose(got[got > 0], curve[got > 0], rtol=1e-12)


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
