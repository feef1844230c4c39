"""Overlap of units and groups against plain counts, and concepts of planted groups."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array

from jgan.interpretable import DEAD, agreement
from tests.interpretable import planted

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZES = {"num_images": 10, "batch_size": 4}


class _Squares:
    """Segments what the first unit draws, from the image itself."""

    concepts = ("bright",)

    def segment(self, images: Array) -> Array:
        first = jnp.arctanh(images[..., 0])
        return jnp.where(first > 0.5 * first.max(axis=(1, 2), keepdims=True), 0, -1)


def _active(gan, key):
    latents = gan.sample_latents(_SIZES["num_images"], key=key)
    rest = planted.partition(planted.groups()).rest
    maps = np.asarray(gan.forward(gan.params, latents)[1][planted.LAYER])
    maps = np.abs(maps - rest)
    largest = maps.max(axis=(1, 2), keepdims=True)
    return maps > 0.5 * np.where(largest > 0, largest, 1)


def test_means_are_of_pairs_within_groups_and_between_them():
    gan, key = planted.grouped_gan(), jax.random.key(3)
    labels = planted.groups()
    # One unit is in a wrong group, so that no mean is at its end.
    moved = labels.copy()
    moved[np.flatnonzero(labels == 0)[0]] = 1
    found = agreement(gan, planted.partition(moved), **_SIZES, key=key)
    on = _active(gan, key)
    within, between = [], []
    by_group = {group: [] for group in range(len(planted.SIZES))}
    for i, j in np.argwhere(~np.eye(len(labels), dtype=bool)):
        if DEAD in (moved[i], moved[j]):
            continue
        a, b = on[..., i], on[..., j]
        iou = (a & b).sum() / (a | b).sum()
        if moved[i] == moved[j]:
            within.append(iou)
            by_group[moved[i]].append(iou)
        else:
            between.append(iou)
    assert found.within == pytest.approx(np.mean(within), rel=1e-9)
    assert found.between == pytest.approx(np.mean(between), rel=1e-9)
    want = [np.mean(ious) if ious else np.nan for ious in by_group.values()]
    np.testing.assert_allclose(found.by_group, want, rtol=1e-9)
    assert np.isnan(found.by_group[-1])
    assert found.concept_iou.shape == (len(planted.SIZES), 0)
    assert found.concept_shares.shape == (len(planted.SIZES), 0)
    shares = [np.mean(moved == group) for group in range(len(planted.SIZES))]
    np.testing.assert_allclose(found.unit_shares, shares)
    true = agreement(gan, planted.partition(labels), **_SIZES, key=key)
    assert true.within > 0.95 > found.within
    assert found.between > true.between


def test_area_and_repetition_are_those_of_the_squares():
    gan, key = planted.grouped_gan(), jax.random.key(3)
    found = agreement(
        gan,
        planted.partition(planted.groups()),
        num_images=8,
        batch_size=8,
        key=key,
    )
    squares = np.asarray(planted.squares(gan.sample_latents(8, key=key).z)) > 0
    np.testing.assert_allclose(found.area, squares.mean(axis=(0, 1, 2)), rtol=1e-6)
    after = np.roll(squares, -1, axis=0)
    both = (squares & after).sum(axis=(0, 1, 2))
    either = (squares | after).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(found.repeated, both / either, rtol=1e-6)
    assert 0 < found.repeated.max() < 1


def test_a_group_s_concept_is_the_one_it_draws():
    gan, labels = planted.grouped_gan(), planted.groups()
    found = agreement(
        gan,
        planted.partition(labels),
        segmenter=_Squares(),
        **_SIZES,
        key=jax.random.key(0),
    )
    drawn = labels[0]
    assert drawn != DEAD
    assert found.concept_iou.shape == (len(planted.SIZES), 1)
    assert found.concept_iou[drawn, 0] == pytest.approx(1)
    assert np.delete(found.concept_iou[:, 0], drawn).max() < 0.5
    assert found.concept_shares[drawn, 0] == pytest.approx(1)
    assert np.delete(found.concept_shares[:, 0], drawn).max() < 0.5


def test_a_partition_without_pairs_is_refused():
    gan = planted.grouped_gan()
    labels = np.where(planted.groups() == DEAD, DEAD, 0)
    with pytest.raises(ValueError, match="two groups"):
        agreement(gan, planted.partition(labels), **_SIZES, key=jax.random.key(0))
