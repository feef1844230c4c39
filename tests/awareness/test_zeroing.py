"""The zeroing test: drops by hand, planted channels, and the shipped generator."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jgan
from jgan import awareness, segment, taps
from tests.awareness.test_analytic import plant
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")
_ACTIVE = [[0, 3], [1, 4], [2, 5]]


def _read(images):
    """A made-up classifier: how much of each color there is."""
    return jax.nn.softmax(5 * images.mean(axis=(1, 2)))


def _planted(new_key):
    gan = plant(make_gan("biggan_unshared"), _ACTIVE)
    return gan, awareness.channel_awareness(gan, num_latents=1, key=new_key())


def test_a_planted_class_needs_its_channels_and_no_others(new_key):
    gan, scores = _planted(new_key)
    found = awareness.zeroing_test(
        gan,
        scores,
        classifier=_read,
        # Two of 16 channels; of 8 and 4 it is one and of these some are left.
        fraction=0.12,
        num_latents=5,
        num_random=3,
        batch_size=2,
        key=new_key(),
    )
    assert found.probability.shape == found.top.drop.shape == (3,)
    assert found.random.drop.shape == found.random.change.shape == (3, 3)
    assert (found.top.change > 0.01).all()
    # The planted gain and bias leave nothing of a channel that is off.
    assert (found.bottom.change < 1e-6).all()
    assert np.abs(found.bottom.drop).max() < 1e-4


def test_drops_are_those_of_removing_by_hand(new_key):
    gan, scores = _planted(new_key)
    layers = ("block1.act1", "block2.act2")
    scores = {name: scores[name] for name in layers}
    key = new_key()
    found = awareness.zeroing_test(
        gan,
        scores,
        classifier=_read,
        classes=(2,),
        fraction=0.1,
        num_latents=3,
        num_random=2,
        # The last batch of two is half padding.
        batch_size=2,
        key=key,
    )
    latents_key, _ = jax.random.split(key)
    latents = gan.sample_latents(3, class_label=2, key=latents_key)
    before, _ = jax.jit(gan.forward)(gan.params, latents)
    edits = {}
    for name in layers:
        units = gan.layers[name].units
        best = np.argsort(-scores[name][2], kind="stable")[: max(1, round(0.1 * units))]
        edits[name] = taps.ablate(taps.unit_mask(best, num_units=units))
    after, _ = jax.jit(gan.forward)(gan.params, latents, edits)
    sure, left = (np.asarray(_read(images))[:, 2] for images in (before, after))
    # Programs round differently, and random layers increase it.
    close = {"atol": 1e-4}
    np.testing.assert_allclose(found.probability, [sure.mean()], **close)
    np.testing.assert_allclose(found.top.drop, [(sure - left).mean()], **close)
    change = np.square(np.asarray(after - before)).mean()
    np.testing.assert_allclose(found.top.change, [change], rtol=1e-3)
    assert abs(found.top.drop[0]) > 1e-3


def test_random_draws_differ_and_removing_all_is_one_and_the_same(new_key):
    gan, scores = _planted(new_key)
    test = lambda fraction: awareness.zeroing_test(
        gan,
        scores,
        classifier=_read,
        classes=(0, 1),
        fraction=fraction,
        num_latents=2,
        num_random=3,
        key=new_key(),
    )
    some, all_ = test(0.3), test(1.0)
    assert len({*some.random.change.ravel().tolist()}) == 6
    for part in (all_.bottom.drop[:, None], all_.random.drop):
        np.testing.assert_array_equal(
            part, np.broadcast_to(all_.top.drop[:, None], part.shape)
        )


def test_one_program_serves_all_classes_and_batches(new_key):
    gan, scores = _planted(new_key)
    forward = gan.forward
    # To the first layer, then whole, then without some channels.
    traced = chex.assert_max_traces(lambda *args: forward(*args), n=3)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for num_latents in (4, 3):
        awareness.zeroing_test(
            gan,
            scores,
            classifier=_read,
            num_latents=num_latents,
            num_random=1,
            batch_size=2,
            key=new_key(),
        )


def test_the_ratio_is_infinite_where_chance_does_nothing():
    removal = lambda drop: awareness.Removal(np.asarray(drop), np.zeros_like(drop))
    found = awareness.Zeroing(
        np.ones(3),
        removal([0.6, 0.6, -0.5]),
        removal([0.0, 0.0, 0.0]),
        removal([[0.1, 0.3], [0.1, -0.1], [0.0, -0.1]]),
    )
    # A class that is more probable without its channels passes no test.
    np.testing.assert_allclose(found.ratio, [3, np.inf, np.nan])


@pytest.mark.slow
def test_a_shipped_class_needs_its_channels():
    gan, network = jgan.load("scenes64"), segment.scenes_network()
    scores = awareness.channel_awareness(gan, num_latents=64, key=jax.random.key(0))
    found = awareness.zeroing_test(
        gan,
        scores,
        classifier=lambda images: jnp.exp(network.classify(images)),
        num_latents=16,
        num_random=4,
        batch_size=16,
        key=jax.random.key(1),
    )
    assert found.probability.min() > 0.9
    assert found.top.drop.min() > 0.2
    assert found.ratio.min() > 3
    assert np.abs(found.bottom.drop).max() < 0.02


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"fraction": 0.0}, "fraction is 0.0"),
        ({"num_random": 0}, "num_random is 0; give at least 1"),
        ({"classes": (0, 7)}, r"classes are \[0, 7\]"),
        ({"scores": {}}, "at least one layer"),
        ({"scores": {"block9": np.ones((3, 4))}}, "no layer 'block9'"),
        ({"scores": {"block0": np.ones((3, 4))}}, r"block0 have shape \(3, 4\)"),
        (
            {"classifier": lambda images: images.mean(axis=(1, 2))[:, :2]},
            r"shape \(1, 2\) for 1 images",
        ),
        (
            {"classifier": lambda images: jnp.log(-jnp.abs(_read(images)))},
            "class 0 or their probabilities are not finite",
        ),
        (
            {"classifier": lambda images: -4 * _read(images)},
            r"outside \[0, 1\] for class 0; give probabilities",
        ),
        (
            {"scores": {"block0": np.full((3, 16), np.nan)}},
            "Scores of block0 are NaN.* class . and channel",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused(change, complaint, new_key):
    gan, scores = _planted(new_key)
    options = {"scores": scores, "classifier": _read, "num_latents": 1} | change
    scores = options.pop("scores")
    with pytest.raises(ValueError, match=complaint):
        awareness.zeroing_test(gan, scores, key=new_key(), **options)
    with pytest.raises(ValueError, match="dcgan has no classes"):
        awareness.zeroing_test(
            make_gan("dcgan"), {}, classifier=_read, num_latents=1, key=new_key()
        )
