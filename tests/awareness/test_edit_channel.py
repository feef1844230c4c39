"""Edits of one channel against edits by hand, and the unit of their strength."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import awareness, taps
from tests.generators import make_gan
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

_LAYER = "block1.act1"


@pytest.mark.parametrize("operation", ["add", "multiply"])
def test_a_sweep_is_the_same_as_editing_by_hand(operation, new_key):
    gan = make_gan("biggan")
    latents = gan.sample_latents(2, key=new_key())
    strengths = (-1.5, 0.0, 1.0, 2.0)
    got = awareness.sweep_channel(
        gan,
        latents,
        layer=_LAYER,
        channel=3,
        strengths=strengths,
        operation=operation,
        rms=2.0,
    )
    _, found = jax.jit(gan.forward)(gan.params, latents)
    for images, strength in zip(got, strengths, strict=True):
        by_hand = np.array(found[_LAYER])
        if operation == "add":
            by_hand[..., 3] += 2 * strength
        else:
            by_hand[..., 3] *= strength
        want, _ = jax.jit(gan.forward)(
            gan.params, latents, {_LAYER: taps.Replace(by_hand)}
        )
        # Two programs round differently, and random layers increase it.
        np.testing.assert_allclose(images, want, atol=1e-4)
    assert np.abs(np.diff(np.asarray(got), axis=0)).max(axis=(1, 2, 3, 4)).min() > 0.01


@pytest.mark.parametrize(("operation", "neutral"), [("add", 0.0), ("multiply", 1.0)])
def test_a_neutral_strength_keeps_the_images_bit_for_bit(operation, neutral, new_key):
    gan = make_gan("biggan")
    latents = gan.sample_latents(2, key=new_key())
    options = {"layer": _LAYER, "strengths": (neutral, -1.0), "operation": operation}
    # Whatever the channel: were one changed in its last bit, they would differ.
    swept = [
        awareness.sweep_channel(gan, latents, channel=channel, **options)
        for channel in (0, 3)
    ]
    assert np.asarray(swept[0][0]).tobytes() == np.asarray(swept[1][0]).tobytes()
    want = jax.jit(gan.forward)(gan.params, latents)[0]
    # Two sizes of batches.
    np.testing.assert_allclose(swept[0][0], want, atol=1e-4)


def test_only_the_layers_after_run_for_each_strength(new_key):
    gan = make_gan("biggan")
    latents = gan.sample_latents(1, key=new_key())

    def flops(count):
        lowered = jax.jit(
            lambda latents, strengths: awareness.sweep_channel(
                gan, latents, layer="block2", channel=0, strengths=strengths
            )
        ).lower(latents, jnp.zeros(count))
        return lowered.compile().cost_analysis()["flops"]

    one, three = flops(1), flops(3)
    # After the last block there are only a normalization and the colors.
    assert three < 1.2 * one


def test_other_channels_and_strengths_are_not_traced_again(new_key):
    gan = make_gan("biggan_unshared")
    latents = gan.sample_latents(1, key=new_key())
    forward = gan.forward
    # Once to the layer, once from it.
    traced = chex.assert_max_traces(lambda *args: forward(*args), n=2)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for channel, strengths, rms in (
        (0, (0.0, 1.0), 1.0),
        (5, (3.0, -3.0), np.float64(2)),
    ):
        awareness.sweep_channel(
            gan, latents, layer="block1", channel=channel, strengths=strengths, rms=rms
        )


def test_the_unit_of_strength_is_the_root_mean_square_over_all_classes(new_key):
    gan, key = make_gan("biggan_unshared"), new_key()
    got = awareness.channel_rms(
        gan, [_LAYER, "block2"], num_images=6, batch_size=4, key=key
    )
    _, found = jax.jit(gan.forward)(gan.params, gan.sample_latents(6, key=key))
    for name, values in got.items():
        want = np.sqrt(np.square(np.asarray(found[name], np.float64)).mean((0, 1, 2)))
        np.testing.assert_allclose(values, want, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"layer": "block9"}, "no layer 'block9'"),
        ({"channel": 99}, r"channel is 99; block1\.act1 has 0\.\."),
        ({"channel": -1}, "channel is -1"),
        ({"channel": jnp.int32(99)}, "channel is 99"),
        ({"channel": 1.5}, r"channel is 1\.5"),
        ({"strengths": 1.0}, r"strengths is 1\.0; give a list"),
        ({"operation": "divide"}, "operation is 'divide'; give 'add' or 'multiply'"),
    ],
)
def test_what_cannot_be_swept_is_refused(change, complaint, new_key):
    gan = make_gan("biggan")
    options = {"layer": _LAYER, "channel": 0, "strengths": (1.0,)} | change
    with pytest.raises(ValueError, match=complaint):
        unchecked(awareness.sweep_channel)(
            gan, gan.sample_latents(1, key=new_key()), **options
        )
