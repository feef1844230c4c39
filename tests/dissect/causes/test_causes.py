"""Planted causes are found where overlap is misled, and refusals."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jgan import dissect, stats
from jgan.dissect import causes
from jgan.dissect.causes import _effect
from jgan.taps import Replace
from tests.dissect.causes.planted import (
    CAUSAL,
    COLORS,
    CONCEPTS,
    DECOYS,
    LAND,
    NUM_UNITS,
    planted_gan,
)
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

OPTIONS = {"concept": "house", "segmenter": COLORS}


def _sample(seed=0, **options):
    options = {"num_images": 64, "batch_size": 16} | options
    return dissect.Sample(key=jax.random.key(seed), **options)


@functools.cache
def _iou(veto=1.0):
    found = dissect.dissect(
        planted_gan(veto=veto),
        {"layer": np.full(NUM_UNITS, 0.5)},
        segmenter=COLORS,
        sample=_sample(),
    )
    return found["layer"]


@functools.cache
def _sites(seed=0, veto=1.0):
    return causes.find_sites(
        planted_gan(veto=veto), "layer", num_sites=40, sample=_sample(seed), **OPTIONS
    )


def _start(veto=1.0):
    scores = _iou(veto).iou[:, CONCEPTS.index("house")]
    return scores / scores.max()


@functools.cache
def _optimized(*, veto=1.0, **options):
    options = {"num_steps": 200, "key": jax.random.key(1)} | options
    return causes.optimize_effect(
        planted_gan(veto=veto),
        "layer",
        _sites(veto=veto),
        _start(veto),
        **OPTIONS,
        **options,
    )


@pytest.mark.parametrize(("veto", "all_causes"), [(0, CAUSAL), (1, (*CAUSAL, LAND))])
def test_overlap_is_misled_by_decoys_and_the_effect_is_not(veto, all_causes):
    assert {*_iou(veto).ranking("house")[:3]} == {*DECOYS}
    found = _optimized(veto=veto)
    assert {*found.ranking[: len(all_causes)]} == {*all_causes}
    # Others do nothing, so the penalty takes their weight.
    others = [unit for unit in range(NUM_UNITS) if unit not in all_causes]
    assert found.alpha[list(all_causes)].min() > 2 * found.alpha[others].max()


def test_the_effect_grows_and_weights_stay_in_their_range():
    found = _optimized()
    assert found.effect[-20:].mean() > found.effect[:5].mean()
    assert found.alpha.min() >= 0
    assert found.alpha.max() <= 1


def _effect_of(alpha, sites):
    """The effect of weights, from its definition."""
    score = functools.partial(_effect._score, planted_gan(), COLORS, "layer", 2)
    on = score(sites.candidate, alpha, sites.value, sites.candidate)
    off = score(sites.present, alpha, jnp.zeros_like(alpha), sites.present)
    return (on - off).mean()


@pytest.mark.parametrize("penalty", ["code", "paper"])
def test_a_step_goes_down_the_penalty_less_the_effect(penalty):
    sites, alpha = _sites(), np.linspace(0.1, 0.9, NUM_UNITS, dtype=np.float32)
    effect = np.asarray(jax.jit(jax.grad(_effect_of))(alpha, sites))
    want = {
        # A two-hundredth of the sum of squares.
        "code": 0.01 * alpha - effect,
        # A hundred times the norm, and the effect over the mean probability.
        "paper": 100 * alpha / np.linalg.norm(alpha) - effect / float(sites.score),
    }[penalty]
    state = _effect._State(jnp.asarray(alpha), _effect._adam().init(alpha))
    state, _ = _effect._step(
        planted_gan(),
        stats.as_pytree(COLORS),
        sites,
        state,
        "layer",
        2,
        penalty,
        False,
    )
    # Adam's first moment begins as a tenth of the gradient.
    got = 10 * np.asarray(optax.tree.get(state.moments, "mu"))
    np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-5)


def test_the_effect_of_a_set_is_that_of_its_causes():
    found = lambda units: causes.set_effect(
        planted_gan(), "layer", _sites(1), units, **OPTIONS
    )
    assert found((*CAUSAL, LAND)).effect > 0.8
    assert found(CAUSAL).effect > 0.3
    nothing = found(())
    assert (nothing.off, nothing.on) == (nothing.present, nothing.candidate)
    assert nothing.present > 0.9
    assert nothing.candidate < 0.1
    np.testing.assert_allclose(found(DECOYS), nothing, atol=1e-5)
    # What is there before does not depend on the set.
    assert found(CAUSAL)[::2] == nothing[::2]


def test_the_gradient_is_that_of_finite_differences():
    total = functools.partial(_effect_of, sites=_sites())
    alpha = jnp.full((NUM_UNITS,), 0.5)
    gradient = jax.jit(jax.grad(total))(alpha)
    step = 1e-2
    shifts = step * jnp.eye(NUM_UNITS)
    value = jax.jit(jax.vmap(lambda shift: total(alpha + shift)))
    numeric = (value(shifts) - value(-shifts)) / (2 * step)
    # Third derivatives of a sigmoid of slope 4 are below 150: 150 * step^2 / 6.
    np.testing.assert_allclose(gradient, numeric, atol=3e-3)


def test_the_originals_mistake_is_only_there_on_demand():
    ours, compat = _optimized().effect, _optimized(compat=True).effect
    # Read at the other image's place, inserting seems to do next to nothing.
    assert compat[-20:].mean() < ours[-20:].mean() - 0.3


@functools.cache
def _curve(order):
    return causes.ablation_curve(
        planted_gan(),
        "layer",
        order,
        counts=(0, 1, 2, 3),
        sample=_sample(2, num_images=20),
        **OPTIONS,
    )


def test_turning_off_causes_removes_the_concept_and_decoys_do_not():
    by_cause, by_decoy = _curve(CAUSAL), _curve(DECOYS)
    assert by_cause.removed[0] == 0
    assert by_cause.removed[3] == 1
    assert (np.diff(by_cause.removed) >= 0).all()
    np.testing.assert_array_equal(by_decoy.removed, 0)
    np.testing.assert_array_equal(by_cause.disturbed, 0)


def test_a_curve_is_a_count_of_labels():
    gan, number = planted_gan(), CONCEPTS.index("house")
    latents = gan.sample_latents(20, key=jax.random.key(2))
    images, taps = gan.forward(gan.params, latents)
    before = np.asarray(COLORS.segment(images))
    edited = taps["layer"].at[..., 2].set(0.0)
    after, _ = gan.forward(gan.params, latents, {"layer": Replace(edited)})
    after = np.asarray(COLORS.segment(after))
    got = causes.ablation_curve(
        gan,
        "layer",
        [2],
        counts=(0, 1),
        sample=_sample(2, num_images=20, batch_size=8),
        **OPTIONS,
    )
    assert got.pixels.tolist() == [(before == number).sum(), (after == number).sum()]
    other = before != number
    assert got.rest == other.sum()
    assert got.others.tolist() == [0, (other & (before != after)).sum()]
    assert got.disturbed[1] > 0.3


class _Labels:
    """The same labels and no scores; with slots, what is no sky is dry as well."""

    concepts = (*CONCEPTS, "dry")

    def __init__(self, slots=False):
        self.slots = slots

    def segment(self, images):
        labels = COLORS.segment(images)
        dry = jnp.where(labels > 0, len(CONCEPTS), -1)
        return jnp.stack([dry, labels], axis=-1) if self.slots else labels


@pytest.mark.parametrize("slots", [False, True])
def test_a_curve_needs_labels_alone_in_any_slot(slots):
    order = (LAND, *CAUSAL[:2])
    got = causes.ablation_curve(
        planted_gan(),
        "layer",
        order,
        counts=(0, 1, 2, 3),
        sample=_sample(2, num_images=20),
        concept="house",
        segmenter=_Labels(slots),
    )
    assert got.others[1] > 0
    for mine, same in zip(got, _curve(order), strict=True):
        np.testing.assert_array_equal(mine, same)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (causes.find_sites, {"num_sites": 4, "sample": _sample()}),
        (causes.insertion_by_context, {"units": [1], "value": 1, "sample": _sample()}),
        (causes.set_effect, {"units": [1], "sites": None}),
        (causes.optimize_effect, {"start": 0, "sites": None, "key": None}),
    ],
)
def test_an_effect_without_scores_says_what_is_missing(function, arguments):
    with pytest.raises(TypeError, match="_Labels tells labels and no scores.*Give"):
        unchecked(function)(
            planted_gan(), "layer", concept="house", segmenter=_Labels(), **arguments
        )


@pytest.mark.parametrize(
    ("layer", "start", "complaint"),
    [
        ("other", np.zeros(NUM_UNITS), "no layer 'other'"),
        ("layer", np.zeros(3), r"start has shape \(3,\)"),
        ("layer", np.full(NUM_UNITS, 1.5), "values 1.5 to 1.5; give 10 weights"),
    ],
)
def test_weights_that_do_not_fit_the_layer_are_refused(layer, start, complaint):
    with pytest.raises(ValueError, match=complaint):
        causes.optimize_effect(
            planted_gan(), layer, _sites(), start, key=jax.random.key(0), **OPTIONS
        )


def test_the_sky_does_not_accept_a_house():
    sites = _sites()
    found = causes.insertion_by_context(
        planted_gan(),
        "layer",
        CAUSAL,
        np.asarray(sites.value),
        sample=_sample(3),
        **OPTIONS,
    )
    sky, land, house = found.effect
    assert land > 0.8
    assert abs(sky) < 0.02
    assert abs(house) < 0.2
    assert found.counts.sum() == 64 * 8


def test_a_second_curve_traces_nothing():
    gan = planted_gan()
    forward = gan.forward
    # To the layer, from it, and from it in the loop over points.
    traced = chex.assert_max_traces(lambda *args: forward(*args), 3)
    gan = dataclasses.replace(gan, name="counted", forward=traced)
    for seed in (0, 1):
        causes.ablation_curve(
            gan, "layer", CAUSAL, counts=(0, 1, 2, 3), sample=_sample(seed), **OPTIONS
        )


@pytest.mark.parametrize(
    ("order", "counts", "complaint"),
    [
        ((1, 1), (0,), "give each once"),
        ((1, 10), (0,), r"Units \[10\] of layer: give some of 0\.\.9"),
        ((-1,), (0,), r"Units \[-1\] of layer: give some of 0\.\.9"),
        ((1,), (1,), "must begin with 0"),
        ((1,), (0, 2), "go to 1 at most"),
    ],
)
def test_curves_that_make_no_sense_are_refused(order, counts, complaint):
    with pytest.raises(ValueError, match=complaint):
        causes.ablation_curve(
            planted_gan(), "layer", order, counts=counts, sample=_sample(), **OPTIONS
        )


@pytest.mark.parametrize("units", [[-1], [1, NUM_UNITS]])
def test_units_that_do_not_exist_are_not_set(units):
    complaint = rf"Units \[{units[-1]}\] of layer: give some of 0\.\.9"
    with pytest.raises(ValueError, match=complaint):
        causes.set_effect(planted_gan(), "layer", _sites(), units, **OPTIONS)
    with pytest.raises(ValueError, match=complaint):
        causes.insertion_by_context(
            planted_gan(),
            "layer",
            units,
            np.ones(NUM_UNITS),
            sample=_sample(),
            **OPTIONS,
        )


@pytest.mark.parametrize("start", [np.zeros(3), np.full(NUM_UNITS, 1.5)])
def test_first_weights_are_checked(start):
    with pytest.raises(ValueError, match="give 10 weights in"):
        causes.optimize_effect(
            planted_gan(), "layer", _sites(), start, key=jax.random.key(0), **OPTIONS
        )
