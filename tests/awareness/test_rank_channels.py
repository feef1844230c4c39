"""The ranking of planted channels, and effects against single edits."""

import jax
import numpy as np
import pytest

from jgan import awareness
from tests.awareness.test_analytic import plant
from tests.generators import make_gan
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")
_LAYER = "block1.act1"


def _plant_for_ranking():
    """A generator whose channel 0 is on in class 1 alone, channel 2 in all."""
    return plant(make_gan("biggan_unshared"), [[2], [0, 2], [2]])


def test_planted_channels_rank_first(new_key):
    gan = _plant_for_ranking()
    found = awareness.rank_channels(
        gan, [_LAYER], operation="multiply", strength=0.0, num_latents=3, key=new_key()
    )[_LAYER]
    # All that class 1 has and the others have not.
    assert {*found.ranking(1)[:2]} == {0, 2}
    for label in (0, 2):
        assert found.ranking(label)[0] == 2
        assert found.effect[label, 0] < 1e-3 * found.effect[1, 0]
    # One class of three.
    assert found.alike[0] == pytest.approx(1 / 3, abs=1e-3)
    assert found.alike[2] > 0.5
    assert found.ranking_alike[0] == 2


def test_effects_are_those_of_one_edit_at_a_time(new_key):
    gan, key = make_gan("biggan"), new_key()
    options = {"operation": "add", "strength": -2.0, "num_latents": 3, "key": key}
    # The last batch of two is half padding.
    found = awareness.rank_channels(gan, [_LAYER], batch_size=2, **options)[_LAYER]
    whole = awareness.rank_channels(gan, [_LAYER], batch_size=3, **options)[_LAYER]
    _, latents_key = jax.random.split(key)
    label, channel = 4, 5
    latents = gan.sample_latents(3, class_label=label, key=latents_key)
    before, _ = jax.jit(gan.forward)(gan.params, latents)
    after = awareness.sweep_channel(
        gan,
        latents,
        layer=_LAYER,
        channel=channel,
        strengths=[-2.0],
        rms=found.rms[channel],
    )[0]
    change = np.asarray(after - before, np.float64)
    # Sums of float32 in another order, of images that programs round differently.
    close = {"rtol": 1e-3, "atol": 1e-5}
    np.testing.assert_allclose(
        found.effect[label, channel], np.abs(change).mean(), **close
    )
    for got, want in zip(found, whole, strict=True):
        np.testing.assert_allclose(got, want, **close)
    size = gan.resolution // 4
    cells = change.mean(axis=0).reshape(4, size, 4, size, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found.shift[label, channel], cells, **close)


def _effects(shift):
    shift = np.float32(shift)[:, :, None, None, None] * np.ones((1, 1, 4, 4, 3))
    effect = np.abs(shift).mean(axis=(2, 3, 4)).astype(np.float32)
    return awareness.ChannelEffects(
        effect, shift.astype(np.float32), np.ones(shift.shape[1], np.float32)
    )


def test_alike_is_one_for_the_same_shift_and_less_for_others():
    # By channel: the same in both classes, one class alone, opposite, nothing, small.
    found = _effects([[2, 4, 3, 0, 0.1], [2, 0, -3, 0, 0.1]])
    np.testing.assert_allclose(found.alike, [1, 0.5, 0, 0, 1])
    # Most change is not enough, and neither is the most alike.
    assert found.ranking_alike[:2] == [0, 4]
    assert found.ranking(0) == [1, 2, 0, 4, 3]
    assert found.ranking(1) == [2, 0, 4, 1, 3]


def test_what_cannot_be_ranked_is_refused(new_key):
    gan, options = make_gan("biggan"), {"num_latents": 1, "key": new_key()}
    rank = unchecked(awareness.rank_channels)
    with pytest.raises(ValueError, match="dcgan has no classes"):
        rank(make_gan("dcgan"), ["layer1"], **options)
    with pytest.raises(ValueError, match="num_latents is 0"):
        rank(gan, [_LAYER], **(options | {"num_latents": 0}))
    with pytest.raises(ValueError, match="operation is 'set'"):
        rank(gan, [_LAYER], operation="set", **options)
    with pytest.raises(ValueError, match="class 0 are not finite.*overflows"):
        rank(gan, ["block2"], strength=float("inf"), **options)
