"""Channel awareness against a loop over the factors, and on planted channels."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import awareness
from jgan.awareness import _analytic
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_CONDITIONAL = ("biggan", "biggan_unshared", "biggan_deep")


@pytest.mark.parametrize("kind", _CONDITIONAL)
def test_matches_the_factors_of_every_class(kind, new_key):
    gan, key = make_gan(kind), new_key()
    got = awareness.analytic_awareness(gan, num_latents=6, key=key)
    assert list(got) == list(gan.conditional_layers)
    affine = [f"{n}.{f}" for n in gan.conditional_layers for f in ("gain", "bias")]

    @jax.jit
    def read(latents):
        _, taps = gan.forward(gan.params, latents)
        return {name: taps[name] for name in affine}

    for label in range(gan.num_classes):
        taps = read(gan.sample_latents(6, class_label=label, key=key))
        for layer, values in got.items():
            assert values.shape == (gan.num_classes, gan.layers[layer].units)
            want = awareness.rectified_normal_mean(
                taps[f"{layer}.gain"], taps[f"{layer}.bias"]
            )
            np.testing.assert_allclose(
                values[label], want.mean(0), rtol=1e-5, atol=1e-6
            )


def test_batches_of_classes_make_no_difference(new_key, monkeypatch):
    gan, key = make_gan("biggan"), new_key()
    whole = awareness.analytic_awareness(gan, num_latents=2, key=key)
    units = sum(gan.layers[name].units for name in gan.conditional_layers)
    # Two classes at a time, the last of five alone.
    monkeypatch.setattr(_analytic, "_BATCH_FLOATS", 2 * 2 * units)
    parts = awareness.analytic_awareness(gan, num_latents=2, key=key)
    for layer in whole:
        np.testing.assert_allclose(parts[layer], whole[layer], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", ["biggan", "biggan_deep"])
def test_no_convolution_runs(kind, new_key):
    gan = make_gan(kind)
    labels = jnp.zeros((1,), jnp.int32)
    cheap = _analytic._awareness_of.lower(
        gan, labels, new_key(), of="mean", num_latents=1
    )
    whole = jax.jit(gan.forward).lower(gan.params, gan.sample_latents(1, key=new_key()))
    # What is lowered still has what no result needs, which compilation leaves out.
    compiled = [x.compile() for x in (cheap, whole)]
    assert ["convolution(" in x.as_text() for x in compiled] == [False, True]
    # Those of one pixel are products of matrices.
    flops = [x.cost_analysis()["flops"] for x in compiled]
    assert flops[0] < 0.02 * flops[1]


def plant(gan, active):
    """Gives class c the channels ``active[c]`` of every layer, and no others."""
    params = jax.tree.map(lambda x: x, gan.params)
    for layer in gan.conditional_layers:
        block, place = layer.split(".")
        module = params["params"][block][place.replace("act", "norm")]
        on = np.zeros(module["bias"]["table"].shape, bool)
        for label, channels in enumerate(active):
            on[label, channels] = True
        module["bias"]["table"] = jnp.where(on, 2.0, -6.0)
        # The gain is 1 plus this.
        module["gain"]["table"] = jnp.full(on.shape, -0.9)
    return dataclasses.replace(gan, params=params)


def test_planted_channels_are_recovered_exactly(new_key):
    active = [[0, 3], [3, 5, 6], [1]]
    gan = plant(make_gan("biggan_unshared"), active)
    values = awareness.analytic_awareness(gan, num_latents=1, key=new_key())
    contrast = awareness.contrast(values)
    for layer in gan.conditional_layers:
        for label, channels in enumerate(active):
            found = np.flatnonzero(values[layer][label] > 1.0)
            np.testing.assert_array_equal(found, channels)
            top = np.argsort(-contrast[layer][label])[: len(channels)]
            assert set(top) == set(channels)


def test_contrast_is_zero_where_classes_are_alike_and_has_unit_size_elsewhere():
    values = {
        "same": np.float32([[0.1, 7.0], [0.1, 7.0], [0.1, 7.0]]),
        "other": np.float32([[1.0, 0.0], [0.0, 2.0], [5.0, 0.0]]),
    }
    got = awareness.contrast(values)
    np.testing.assert_array_equal(got["same"], 0)
    np.testing.assert_allclose(got["other"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.square(got["other"]).mean(), 1)


def test_factors_that_are_not_finite_are_refused(new_key):
    gan, key = make_gan("biggan_unshared"), new_key()
    params = jax.tree.map(lambda x: x, gan.params)
    gain = params["params"]["block1"]["norm2"]["gain"]
    gain["table"] = gain["table"].at[1, 3].set(jnp.nan)
    broken = dataclasses.replace(gan, params=params)
    for estimate in (awareness.analytic_awareness, awareness.decompose_awareness):
        with pytest.raises(ValueError, match=r"layer 'block1\.act2' are not finite"):
            estimate(broken, num_latents=2, key=key)


def test_a_generator_of_truncated_latents_has_their_awareness(new_key):
    gan, key = make_gan("biggan"), new_key()
    draw = functools.partial(gan.sample_latents, truncation=0.4)
    truncated = dataclasses.replace(gan, sample_latents=draw)
    got = awareness.analytic_awareness(truncated, num_latents=3, key=key)
    latents = draw(3, class_label=2, key=key)
    _, taps = jax.jit(gan.forward)(gan.params, latents)
    for name, values in got.items():
        one = awareness.rectified_normal_mean(
            taps[f"{name}.gain"], taps[f"{name}.bias"]
        )
        np.testing.assert_allclose(values[2], one.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_a_generator_without_conditional_layers_is_refused(new_key):
    with pytest.raises(ValueError, match="no class-conditional normalization"):
        awareness.analytic_awareness(make_gan("dcgan"), num_latents=1, key=new_key())
