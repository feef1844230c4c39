"""Accumulators at many levels and through views: padding, merging, others' labels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats

UNITS, CONCEPTS = 3, 2
# Concepts of two categories, of which an image may lack one.
_OVERLAP = stats.zero_overlap(
    np.full(UNITS, 0.2), num_concepts=CONCEPTS, categories=[0, 1]
)
ZEROS = {
    "levels": stats.zero_levels(
        np.tile([-0.5, 0.2, 0.9], (UNITS, 1)), num_concepts=CONCEPTS, categories=[0, 1]
    ),
    "enlarged": stats.Enlarged(stats.zero_quantiles(UNITS)),
}
_update = jax.jit(lambda total, seen: total.update(seen))


def _seen(images, weights=None):
    """Some of four images; the first shows no concept of the second category."""
    keys = jax.random.split(jax.random.key(0), 2)
    # Multiples of 2^-8 are enlarged without rounding: programs of three images and of
    # four round otherwise on some machines.
    units = jnp.round(jax.random.normal(keys[0], (4, 4, 4, UNITS)) * 256) / 256
    labels = jax.random.randint(keys[1], (4, 8, 8, 1), -1, CONCEPTS)
    labels = labels.at[0].set(jnp.minimum(labels[0], 0))
    weights = jnp.ones((len(images),)) if weights is None else jnp.asarray(weights)
    images = np.asarray(images)
    return stats.Seen(units[images], weights, jnp.asarray(images), labels[images])


def _same(got, want):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ZEROS)
def test_padding_counts_for_nothing(kind):
    padded = _update(ZEROS[kind], _seen(range(4), [1.0, 1.0, 1.0, 0.0]))
    _same(padded, _update(ZEROS[kind], _seen(range(3))))


@pytest.mark.parametrize("kind", ZEROS)
def test_merging_is_adding_images(kind):
    whole = _update(ZEROS[kind], _seen(range(4)))
    halves = [_update(ZEROS[kind], _seen(images)) for images in ((0, 1), (2, 3))]
    _same(halves[1].merge(halves[0]), whole)


def _lent(images, lenders):
    """What images overlap with, of labels that they are lent."""
    return _update(_OVERLAP, _seen(images)._replace(labels=_seen(lenders).labels))


def test_an_image_has_the_labels_of_the_next_in_its_batch():
    zero = stats.OthersLabels(_OVERLAP)
    whole = _update(zero, _seen(range(4)))
    _same(whole.inner, _lent([0, 1, 2, 3], [1, 2, 3, 0]))
    halves = [_update(zero, _seen(images)) for images in ((0, 1), (2, 3))]
    _same(halves[1].merge(halves[0]).inner, _lent([0, 1, 2, 3], [1, 0, 3, 2]))


def test_padding_lends_no_labels():
    # Of three images, the last has nobody to borrow from.
    padded = _seen(range(4), [1.0, 1.0, 1.0, 0.0])
    _same(_update(stats.OthersLabels(_OVERLAP), padded).inner, _lent([0, 1], [1, 2]))
