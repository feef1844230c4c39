"""The sweep of ablations against one edit at a time, and on a planted unit."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np

from jgan import taps
from jgan.report.tour.ablate import ablate_units
from tests.report.conftest import small_gan


def test_matches_one_edit_at_a_time(new_key):
    gan = small_gan("dcgan")
    latents = gan.sample_latents(8, key=new_key())
    effects = ablate_units(gan, latents, {"layer3": range(4)}, num_strongest=2)
    effect = effects["layer3"]
    forward = jax.jit(gan.forward)
    before, _ = forward(gan.params, latents, {})
    changes = []
    for unit in range(4):
        edit = taps.ablate(taps.unit_mask(unit, num_units=4))
        after, _ = forward(gan.params, latents, {"layer3": edit})
        gap = np.abs(np.asarray(after, np.float64) - before)
        changes.append(gap.mean() * 127.5)
        per_pixel = gap.mean(-1).reshape(8, -1)
        squares = np.maximum(np.square(per_pixel).sum(1), 1e-30)
        ratio = per_pixel.sum(1) ** 2 / squares / per_pixel.shape[1]
        want = (ratio * per_pixel.sum(1)).sum() / max(per_pixel.sum(), 1e-30)
        np.testing.assert_allclose(effect.spread[unit], want, rtol=1e-4)
    np.testing.assert_allclose(effect.change, changes, rtol=1e-4)
    assert effect.strongest == tuple(np.argsort(changes)[::-1][:2])
    edit = taps.ablate(taps.unit_mask(effect.strongest[0], num_units=4))
    after, _ = forward(gan.params, latents, {"layer3": edit})
    # One level: rounding to bytes turns on the last bit of a float.
    np.testing.assert_allclose(
        effect.after[0], np.rint((np.asarray(after) + 1) * 127.5), atol=1
    )


def test_a_planted_strong_unit_is_ranked_first(new_key):
    gan = small_gan("dcgan")
    params = jax.tree.map(lambda x: x, gan.params)
    module = params["params"]["to_rgb"]
    module["kernel"] = (0.02 * module["kernel"]).at[:, :, 2].mul(50.0)
    gan = dataclasses.replace(gan, params=params)
    latents = gan.sample_latents(8, key=new_key())
    effect = ablate_units(gan, latents, {"layer3": range(4)}, num_strongest=4)["layer3"]
    assert effect.strongest[0] == 2
    assert effect.change[2] > 5 * np.delete(effect.change, 2).max()


def test_a_unit_that_is_zero_already_changes_nothing(new_key):
    gan = small_gan("dcgan")
    params = jax.tree.map(lambda x: x, gan.params)
    norm = params["params"]["norm3"]
    norm["gain"] = norm["gain"].at[1].set(0.0)
    norm["bias"] = norm["bias"].at[1].set(-1.0)
    gan = dataclasses.replace(gan, params=params)
    latents = gan.sample_latents(8, key=new_key())
    effect = ablate_units(gan, latents, {"layer3": range(4)}, num_strongest=4)["layer3"]
    assert effect.change[1] == 0
    assert effect.spread[1] == 0
    assert effect.strongest[-1] == 1


def test_a_layer_is_traced_once_however_many_units(new_key):
    gan = small_gan("dcgan")
    forward = gan.forward
    # Once for the images as they are, once for each layer.
    traced = chex.assert_max_traces(lambda *args: forward(*args), 3)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    latents = gan.sample_latents(8, key=new_key())
    units = {"layer1": range(16), "layer2": range(8)}
    effects = ablate_units(gan, latents, units, num_strongest=1)
    assert [len(e.units) for e in effects.values()] == [16, 8]


def test_a_small_budget_measures_the_first_candidates(new_key):
    gan = small_gan("dcgan")
    latents = gan.sample_latents(8, key=new_key())
    order = list(jnp.arange(16)[::-1].tolist())
    effects = ablate_units(gan, latents, {"layer1": order}, num_strongest=1, budget=1.0)
    assert effects["layer1"].units.tolist() == order[:8]
