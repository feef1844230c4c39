"""Planted causes are found where overlap is misled, and refusals."""

import dataclasses
import functools

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import dissect
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

OPTIONS = {"concept": "house", "segmenter": COLORS}


def _sample(seed=0, **options):
    options = {"num_images": 64, "batch_size": 16} | options
    return dissect.Sample(key=jax.random.key(seed), **options)


@functools.cache
def _iou():
    found = dissect.dissect(
        planted_gan(),
        {"layer": np.full(NUM_UNITS, 0.5)},
        segmenter=COLORS,
        sample=_sample(),
    )
    return found["layer"]


@functools.cache
def _sites(seed=0):
    return causes.find_sites(
        planted_gan(), "layer", num_sites=40, sample=_sample(seed), **OPTIONS
    )


def _start():
    scores = _iou().iou[:, CONCEPTS.index("house")]
    return scores / scores.max()


@functools.cache
def _optimized(**options):
    options = {"num_steps": 200, "key": jax.random.key(1)} | options
    return causes.optimize_effect(
        planted_gan(), "layer", _sites(), _start(), **OPTIONS, **options
    )


def test_overlap_is_misled_by_decoys_and_the_effect_is_not():
    assert {*_iou().ranking("house")[:3]} == {*DECOYS}
    # Land is a cause too: some of the places are in the sky.
    assert {*_optimized().ranking[:4]} == {*CAUSAL, LAND}
    # Decoys do nothing, so the penalty takes their weight.
    alpha = _optimized().alpha
    assert alpha[list(CAUSAL)].min() > 2 * alpha[list(DECOYS)].max()


def test_the_effect_grows_and_weights_stay_in_their_range():
    found = _optimized()
    assert found.effect[-20:].mean() > found.effect[:5].mean()
    assert found.alpha.min() >= 0
    assert found.alpha.max() <= 1


def test_the_papers_penalty_is_the_norm_of_the_weights():
    small, large = _optimized(penalty="paper").alpha, _optimized().alpha
    # A hundred times the norm outweighs the effect, a two-hundredth of its square not.
    assert small.max() < 0.5 * large.max()


def test_places_show_the_concept_or_do_not():
    sites = _sites()
    for places, shows in ((sites.present, True), (sites.candidate, False)):
        gan = planted_gan()
        images = gan.forward(gan.params, places.latents)[0]
        labels = np.asarray(COLORS.segment(images))
        here = labels[np.arange(40), 2 * places.row, 2 * places.col]
        assert ((here == 2) == shows).all()
    # The value is what causal units and decoys have in a house.
    assert sites.value[jnp.asarray(CAUSAL + DECOYS)].min() > 0.5
    assert 0 < sites.score < 0.2


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
    gan, sites = planted_gan(), _sites()

    def total(alpha):
        score = functools.partial(_effect._score, gan, COLORS, "layer", 2)
        on = score(sites.candidate, alpha, sites.value, sites.candidate)
        off = score(sites.present, alpha, jnp.zeros_like(alpha), sites.present)
        return (on - off).mean()

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
    ("change", "complaint"),
    [
        ({"layer": "layer9"}, "no layer 'layer9'"),
        ({"concept": "tree"}, "no concept 'tree'.*sky, land, house"),
        ({"num_sites": 65}, "num_sites is 65"),
        ({"num_sites": 0}, "num_sites is 0"),
    ],
)
def test_sites_that_cannot_be_found_are_refused(change, complaint):
    options = {"layer": "layer", "num_sites": 4, "sample": _sample()} | OPTIONS
    options |= change
    with pytest.raises(ValueError, match=complaint):
        causes.find_sites(planted_gan(), options.pop("layer"), **options)


@pytest.mark.parametrize(
    ("order", "counts", "complaint"),
    [
        ((1, 1), (0,), r"give some of 0\.\.9"),
        ((10,), (0,), r"give some of 0\.\.9"),
        ((1,), (1,), "must begin with 0"),
        ((1,), (0, 2), "go to 1 at most"),
    ],
)
def test_curves_that_make_no_sense_are_refused(order, counts, complaint):
    with pytest.raises(ValueError, match=complaint):
        causes.ablation_curve(
            planted_gan(), "layer", order, counts=counts, sample=_sample(), **OPTIONS
        )


@pytest.mark.parametrize("start", [np.zeros(3), np.full(NUM_UNITS, 1.5)])
def test_first_weights_are_checked(start):
    with pytest.raises(ValueError, match="give 10 weights in"):
        causes.optimize_effect(
            planted_gan(), "layer", _sites(), start, key=jax.random.key(0), **OPTIONS
        )
