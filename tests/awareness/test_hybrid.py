"""Hybrids: bit for bit the input or the reference at the ends, and mixed between."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jgan
from jgan import awareness
from tests.awareness.test_analytic import plant
from tests.generators import make_gan

_KINDS = ("biggan", "biggan_unshared", "scenes64")


def _gan(kind):
    return jgan.load("scenes64") if kind == "scenes64" else make_gan(kind)


@jax.jit
def _images(gan, latents):
    return gan.forward(gan.params, latents)[0]


def _pair(gan, new_key, num_images=2):
    a, b = (gan.sample_latents(num_images, key=new_key()) for _ in range(2))
    labels = jnp.arange(num_images, dtype=jnp.int32)
    return a._replace(class_label=labels), b._replace(class_label=labels + 1)


def _every(gan, *names):
    return {name: np.arange(gan.layers[name].units) for name in names or gan.layers}


def _assert_same_bits(got, want):
    assert np.asarray(got).tobytes() == np.asarray(want).tobytes()


@pytest.mark.parametrize("kind", _KINDS)
def test_the_ends_are_the_input_and_the_reference_bit_for_bit(kind, new_key):
    gan = _gan(kind)
    latents, reference = _pair(gan, new_key)
    # Past these nothing of the input gets, where an `act` has a shortcut around it.
    whole = [name for name in gan.layers if ".act" not in name]
    assert {"linear", "block0", "block2"} <= {*whole}
    for name in whole:
        mix = functools.partial(
            awareness.hybridize, gan, latents, reference, channels=_every(gan, name)
        )
        _assert_same_bits(mix(weight=0), _images(gan, latents))
        _assert_same_bits(mix(weight=1.0, later=1), _images(gan, reference))
        # The input still conditions what follows.
        if name != whole[-1]:
            assert not np.array_equal(mix(weight=1), _images(gan, reference))


def test_the_ends_of_two_truncations_are_refused_and_of_one_are_bit_for_bit(new_key):
    gan = make_gan("biggan_deep")
    draw = lambda kept: gan.sample_latents(2, truncation=kept, key=new_key())
    latents, reference, fuller = draw(0.4), draw(0.4), draw(0.8)
    mix = functools.partial(
        awareness.hybridize, gan, latents, channels=_every(gan, "block3"), weight=1.0
    )
    _assert_same_bits(mix(reference, later=1), _images(gan, reference))
    _assert_same_bits(mix(reference, weight=0), _images(gan, latents))
    with pytest.raises(
        ValueError, match=r"Input 0 is of truncation 0\.4 and .* of 0\.8"
    ):
        mix(fuller, later=1)
    with pytest.raises(ValueError, match="its reference of 1, and"):
        mix(reference._replace(truncation=None), later=0.5)
    with pytest.raises(ValueError, match="leave later out"):
        jax.vmap(lambda later: mix(fuller, later=later))(jnp.zeros(1))
    with pytest.raises(ValueError, match=r"truncation has shape \(3,\)"):
        mix(reference._replace(truncation=jnp.ones(3)), later=1)
    # Of the input's alone, there is no doubt.
    assert np.isfinite(mix(fuller)).all()


@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_of_every_layer_is_the_input_bit_for_bit(kind, new_key):
    gan = _gan(kind)
    latents, reference = _pair(gan, new_key)
    got = awareness.hybridize(gan, latents, reference, channels=_every(gan), weight=0.0)
    _assert_same_bits(got, _images(gan, latents))


def test_the_weight_the_channels_and_the_blend_are_what_a_forward_pass_does(new_key):
    gan = make_gan("biggan")
    latents, reference = _pair(gan, new_key)
    units = gan.layers["block0.act2"].units
    _, ours = jax.jit(gan.forward)(gan.params, latents)
    _, theirs = jax.jit(gan.forward)(gan.params, reference)
    mixed = np.array(ours["block0.act2"])
    chosen = [0, units - 1]
    mixed[..., chosen] = (0.7 * ours["block0.act2"] + 0.3 * theirs["block0.act2"])[
        ..., chosen
    ]
    edits = {"block0.act2": jgan.taps.Replace(mixed)}
    for name in gan.conditional_layers[2:]:
        for factor in (f"{name}.gain", f"{name}.bias"):
            half = 0.4 * ours[factor] + 0.6 * theirs[factor]
            edits[factor] = jgan.taps.Replace(half)
    want, _ = jax.jit(gan.forward)(gan.params, latents, edits)
    boolean = np.isin(np.arange(units), chosen)
    # A weight for each channel and image, half of it in the mask.
    shares = np.tile(np.where(boolean, np.float32(0.5), np.float32(0)), (2, 1))
    for channels, weight in ((chosen, 0.3), (boolean, 0.3), (shares, 0.6)):
        got = awareness.hybridize(
            gan,
            latents,
            reference,
            channels={"block0.act2": np.asarray(channels)},
            weight=weight,
            later=0.6,
        )
        # Rounding of a few sums, much increased by random layers.
        np.testing.assert_allclose(got, want, atol=1e-3)


def test_later_begins_after_the_last_layer_mixed(new_key):
    gan = make_gan("biggan")
    _, taps = jax.jit(gan.forward)(gan.params, _pair(gan, new_key)[0])
    edits = awareness.hybrid_edits(
        gan,
        taps,
        channels=_every(gan, "block1.act1", "block0"),
        weight=0.5,
        later=0.5,
    )
    later = ("block1.act2", "block2.act1", "block2.act2")
    factors = {f"{name}.{f}" for name in later for f in ("gain", "bias")}
    assert {*edits} == {"block0", "block1.act1"} | factors


def test_each_image_may_have_its_own_channels(new_key):
    gan = make_gan("biggan")
    latents, reference = _pair(gan, new_key)
    rows = np.array([[0, 1], [2, 2]])
    mix = lambda which: np.asarray(
        awareness.hybridize(
            gan, latents, reference, channels={"block0.act1": which}, weight=1.0
        )
    )
    together, apart = mix(rows), [mix(row)[i] for i, row in enumerate(rows)]
    # A mask for all images and one for each are two programs.
    np.testing.assert_allclose(together, apart, atol=1e-4)
    assert np.abs(mix(rows[::-1]) - together).max() > 0.1


def test_only_the_channels_of_the_reference_class_carry_it_over(new_key):
    active = [[0, 3], [1, 4], [2, 5]]
    gan = plant(make_gan("biggan_unshared"), active)
    scores = awareness.channel_awareness(gan, num_latents=1, key=new_key())
    latents, reference = _pair(gan, new_key, num_images=1)
    found = awareness.relevant_channels(scores, count=2)
    mix = lambda label: np.asarray(
        awareness.hybridize(
            gan,
            latents,
            reference,
            channels={n: found[n][label] for n in gan.conditional_layers},
            weight=1.0,
        )
    )
    before = np.asarray(_images(gan, latents))
    change = lambda label: np.abs(mix(label) - before).mean()
    # Those of a third class are off in both; the input and the reference are 0 and 1.
    assert change(1) > 0.1
    assert change(2) < 1e-3 * change(1)


def test_other_weights_and_channels_are_not_traced_again(new_key):
    gan = make_gan("biggan_unshared")
    latents, reference = _pair(gan, new_key)
    forward = gan.forward
    # Once for the reference, once for the hybrid.
    traced = chex.assert_max_traces(lambda *args: forward(*args), n=2)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for weight, later, channel in ((0, 0.0, 0), (0.5, 1, 1), (jnp.float32(1), 0.3, 2)):
        awareness.hybridize(
            gan,
            latents,
            reference,
            channels={"block1": np.array([channel])},
            weight=weight,
            later=later,
        )


def test_a_sweep_of_weights(new_key):
    gan = make_gan("biggan_unshared")
    latents, reference = _pair(gan, new_key)
    mix = lambda weight: awareness.hybridize(
        gan, latents, reference, channels=_every(gan, "block2"), weight=weight, later=1
    )
    got = jax.vmap(mix)(jnp.float32([0, 0.5, 1]))
    want = np.stack([mix(weight) for weight in (0.0, 0.5, 1.0)])
    np.testing.assert_allclose(got, want, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"channels": {"block9": np.array([0])}}, "no layer 'block9'"),
        ({"channels": {}}, "channels is empty"),
        (
            {"channels": {"block0": np.array([15, 16, -1])}},
            r"Channels \[16, -1\] of block0",
        ),
        ({"channels": {"block0": np.ones(3, bool)}}, r"shape \(3,\) for 16 channels"),
        ({"channels": {"block0": np.full(16, 2.0, np.float32)}}, "of block0 is 2.0"),
        ({"channels": {"block0": np.zeros((1, 1, 16), bool)}}, "block0 have 3 axes"),
        ({"channels": {"block0": np.eye(16, dtype=int)[3]}}, "make it boolean"),
        ({"weight": 1.5}, "weight is 1.5"),
        ({"weight": float("nan")}, "weight is nan"),
        ({"weight": np.ones(2)}, r"weight has shape \(2,\)"),
        ({"later": -0.1}, "later is -0.1"),
    ],
)
def test_what_cannot_be_mixed_is_refused(change, complaint, new_key):
    gan = make_gan("biggan")
    assert gan.layers["block0"].units == 16
    latents, reference = _pair(gan, new_key)
    options = {"channels": {"block0": np.array([0])}, "weight": 0.5} | change
    with pytest.raises(ValueError, match=complaint):
        awareness.hybridize(gan, latents, reference, **options)


def test_references_are_as_many_as_inputs_and_classes_are_needed_for_later(new_key):
    gan = make_gan("dcgan")
    latents, other = (gan.sample_latents(n, key=new_key()) for n in (2, 3))
    options = {"channels": {"layer2": np.array([0])}, "weight": 0.5}
    with pytest.raises(ValueError, match="2 inputs and 3 references"):
        awareness.hybridize(gan, latents, other, **options)
    with pytest.raises(ValueError, match="later is 0.5, and dcgan has no class-cond"):
        awareness.hybridize(gan, latents, latents, later=0.5, **options)
    assert awareness.hybridize(gan, latents, latents, **options).shape[0] == 2
