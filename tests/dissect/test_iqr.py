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

LAYERS = ["layer4", "layer8", "layer16"]
# Below it, several levels are as good as each other, and none tells much.
_TELLING = 0.01


@functools.cache
def _search(layer):
    """Ours, on the original's tensors, with its label 0 as one of the concepts."""
    file = golden("levels")
    _, categories = concepts_of("single", file)
    labels = jnp.asarray(labels_of("single", file["segs"][:, :1]))
    units = jnp.asarray(file[f"{layer}/units"])
    seen = stats.Seen(units, jnp.ones((24,)), jnp.arange(24), labels)
    update = jax.jit(lambda total, seen: total.update(seen))
    histogram = update(stats.Enlarged(stats.zero_quantiles(units.shape[-1])), seen)
    ascending = (1 - _thresholds.fractions())[::-1]
    levels = histogram.inner.quantiles(ascending.tolist()).T
    zero = stats.zero_levels(
        levels, num_concepts=len(categories), categories=categories.tolist()
    )
    return update(zero, seen)


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
    for unit, levels in enumerate(np.asarray(_search(layer).levels)):
        margin = stats.RELATIVE_ERROR * np.abs(levels)
        share = lambda above: above.mean(axis=0)
        mine = values[:, unit : unit + 1]
        # At an end of the range of the bin, the fraction is between the two shares.
        assert (share(mine > levels + margin) <= fractions + 1e-9).all()
        assert (share(mine >= levels - margin) >= fractions - 1e-9).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_buckets_are_the_originals_or_their_neighbors(layer):
    file, counts = golden("levels"), _search(layer)
    curves = _thresholds.iqr_curves(counts)[:, ::-1]
    best = file[f"single/iqr_exact/{layer}/best_iqr"].T
    bucket = file[f"single/iqr_exact/{layer}/best_bucket"].T
    telling = best > _TELLING
    assert telling.sum() >= 3
    got = curves.argmax(axis=1)
    assert np.abs(got - bucket)[telling].max() <= 1
    # Shares are counted here, and read from a sketch there.
    assert np.abs(curves.max(axis=1) - best)[telling].max() < 2e-3
    # What the original rules out is ruled out.
    np.testing.assert_array_equal(curves.max(axis=1)[best == 0], 0)


@pytest.mark.parametrize("layer", LAYERS)
def test_units_get_the_originals_concepts(layer):
    file, found = golden("levels"), _thresholds.most_telling(_search(layer))
    best = file[f"single/iqr_exact/{layer}/best_iqr"].T.max(axis=1)
    telling = best > _TELLING
    labels = file[f"single/iqr_exact/{layer}/label"]
    np.testing.assert_array_equal(found.concepts[telling], labels[telling])
    levels = file[f"single/iqr_exact/{layer}/level"]
    # A bucket is a factor of 1.07 in the fraction of pixels above.
    np.testing.assert_allclose(found.thresholds[telling], levels[telling], rtol=0.05)


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
