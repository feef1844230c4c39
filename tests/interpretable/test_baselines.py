"""Swaps of planted groups stay in their region, random ones do not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.interpretable import (
    DEAD,
    Fit,
    Partition,
    latent_pairs,
    swap,
    swap_locality,
    swap_pairs,
)
from tests.generators import make_gan
from tests.interpretable import planted

pytestmark = pytest.mark.usefixtures("unoptimized")

_SIZES = {"num_pairs": 6, "batch_size": 3}
# The image shows the first three units; this is the group of one of them.
_SHOWN = int(planted.groups()[0])


def _pairs(seed=0, group=_SHOWN):
    return swap_pairs(
        planted.grouped_gan(),
        planted.partition(planted.groups()),
        group,
        **_SIZES,
        key=jax.random.key(seed),
    )


def test_pairs_are_swapped_randomly_swapped_and_pasted():
    assert _SHOWN != DEAD
    pairs, gan = _pairs(), planted.grouped_gan()
    partition = planted.partition(planted.groups())
    _, key = jax.random.split(jax.random.key(0))
    latents = [latent_pairs(gan, 3, key=one) for one in jax.random.split(key, 2)]
    source, target = (
        jax.tree.map(lambda *x: jnp.concatenate(x), *both)
        for both in zip(*latents, strict=True)
    )
    image = lambda latents: gan.forward(gan.params, latents)[0]
    np.testing.assert_allclose(pairs.source, image(source), atol=1e-6)
    np.testing.assert_allclose(pairs.target, image(target), atol=1e-6)
    want = swap(gan, partition, _SHOWN, source=source, target=target)
    np.testing.assert_allclose(pairs.swapped, want, atol=1e-6)
    squares = planted.squares(source.z) + planted.squares(target.z)
    np.testing.assert_array_equal(pairs.region, squares[..., _SHOWN] > 0)
    inside = np.asarray(pairs.region)[..., None]
    want = np.where(inside, pairs.source, pairs.target)
    np.testing.assert_array_equal(pairs.pasted, want)


def test_random_units_are_others_and_as_many():
    assert planted.SIZES[_SHOWN] < sum(planted.SIZES) / 2
    pairs = _pairs(group=_SHOWN)
    # The first unit is in the group, and so not among the others.
    np.testing.assert_allclose(
        pairs.random[..., 0], np.asarray(pairs.target)[..., 0], atol=1e-6
    )


def test_several_groups_are_swapped_at_once():
    other = int(next(g for g in planted.groups() if g not in (DEAD, _SHOWN)))
    both, one = _pairs(group=(_SHOWN, other)), _pairs()
    np.testing.assert_array_equal(both.source, one.source)
    # The image shows nothing else of the one than the other.
    np.testing.assert_allclose(
        both.swapped[..., 0], np.asarray(both.source)[..., 0], atol=1e-6
    )
    want = one.region | _pairs(group=other).region
    np.testing.assert_array_equal(both.region, want)
    assert want.sum() > one.region.sum()


def test_a_planted_group_is_local_and_pasting_is_by_construction():
    swapped, _ = swap_locality(_pairs())
    assert swapped < 0.2
    pasted, _ = swap_locality(_pairs()._replace(swapped=_pairs().pasted))
    assert pasted == 0
    nothing = _pairs()._replace(swapped=_pairs().target)
    assert np.isnan(swap_locality(nothing)[0])


def test_pairs_are_of_one_class_where_that_is_asked_for():
    gan, key = make_gan("biggan"), jax.random.key(0)
    source, target = latent_pairs(gan, 5, same_class=True, key=key)
    np.testing.assert_array_equal(source.class_label, target.class_label)
    assert not np.array_equal(source.z, target.z)
    source, target = latent_pairs(gan, 5, key=key)
    assert not np.array_equal(source.class_label, target.class_label)
    # Of a generator without classes it is the same.
    without = make_gan("dcgan")
    one, other = (
        latent_pairs(without, 5, same_class=same, key=key)[1] for same in (False, True)
    )
    np.testing.assert_array_equal(one.z, other.z)


def test_swaps_are_of_pairs_of_one_class_where_that_is_asked_for():
    gan, key = make_gan("biggan"), jax.random.key(1)
    size = gan.layers["block0"]
    labels = np.arange(size.units) % 2
    partition = Partition(
        "block0",
        np.zeros((size.rows, size.cols, size.units), np.float32),
        labels,
        np.equal.outer(labels, np.arange(2)).astype(np.float32),
        Fit(0, 0, 0),
    )
    sizes = {"num_pairs": 4, "batch_size": 4, "key": key}
    _, pairs_key = jax.random.split(key)
    (batch_key,) = jax.random.split(pairs_key, 1)
    for same in (False, True):
        swaps = swap_pairs(gan, partition, 0, same_class=same, **sizes)
        _, target = latent_pairs(gan, 4, same_class=same, key=batch_key)
        images, _ = gan.forward(gan.params, target, None)
        np.testing.assert_allclose(swaps.target, images, atol=1e-5)


def test_a_group_without_units_is_refused():
    labels = np.where(planted.groups() == 4, 0, planted.groups())
    with pytest.raises(ValueError, match="Group 4 has no units"):
        swap_pairs(
            planted.grouped_gan(),
            planted.partition(labels),
            4,
            **_SIZES,
            key=jax.random.key(0),
        )
