"""A function as a segmenter: what a dissection finds with it, laws, and refusals."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import dissect
from jgan.dissect import causes
from jgan.segment import (
    ScoringSegmenter,
    Segmenter,
    from_function,
    from_host_function,
)
from tests.dissect.causes import planted as houses
from tests.dissect.planted import COLORS, CONCEPTS, NUM_UNITS, planted_gan


def _in_jax(images):
    return (images[..., 0] > 0).astype(jnp.int32)


def _in_numpy(images):
    assert type(images) is np.ndarray
    assert images.flags.writeable
    assert images.dtype == np.float32
    # Of another width than JAX's.
    return (images[..., 0] > 0).astype(np.int64)


def _in_slots(images):
    labels = _in_numpy(images)
    return np.stack([np.full_like(labels, -1), labels], axis=-1)


@functools.cache
def _found(segmenter):
    return dissect.dissect(
        planted_gan(),
        {"layer": np.full(NUM_UNITS, 0.5)},
        segmenter=segmenter,
        # Two batches and a half, in a loop inside of one program.
        sample=dissect.Sample(num_images=50, batch_size=20, key=jax.random.key(0)),
    )["layer"]


@pytest.mark.parametrize(
    "segmenter",
    [
        from_function(_in_jax, CONCEPTS),
        from_host_function(_in_numpy, CONCEPTS),
        from_host_function(_in_slots, list(CONCEPTS), num_slots=2),
    ],
    ids=["jax", "numpy", "slots"],
)
def test_a_dissection_finds_the_same_as_with_a_class(segmenter):
    assert isinstance(segmenter, Segmenter)
    assert not isinstance(segmenter, ScoringSegmenter)
    assert segmenter.concepts == CONCEPTS
    got, want = _found(segmenter), _found(COLORS)
    for mine, same in zip(got.overlap, want.overlap, strict=True):
        np.testing.assert_array_equal(mine, same)


def test_scores_make_it_one_that_effects_are_measured_with():
    segmenter = from_function(
        houses.COLORS.segment, houses.CONCEPTS, scores=houses.COLORS.scores
    )
    assert isinstance(segmenter, ScoringSegmenter)
    find = lambda segmenter: causes.find_sites(
        houses.planted_gan(),
        "layer",
        concept="house",
        segmenter=segmenter,
        num_sites=4,
        sample=dissect.Sample(num_images=16, batch_size=8, key=jax.random.key(0)),
    )
    got, want = find(segmenter), find(houses.COLORS)
    np.testing.assert_array_equal(got.value, want.value)


def test_of_one_function_they_are_equal():
    make = {
        "jax": lambda: from_function(_in_jax, CONCEPTS),
        "host": lambda: from_host_function(_in_numpy, CONCEPTS),
        "slots": lambda: from_host_function(_in_numpy, CONCEPTS, num_slots=2),
    }
    assert len({make[name]() for name in make for _ in range(2)}) == 3


def test_a_batch_is_one_call_also_mapped():
    calls = []

    def segment(images):
        calls.append(images.shape)
        return _in_numpy(images)

    segmenter = from_host_function(segment, CONCEPTS)
    images = jax.random.uniform(jax.random.key(0), (3, 2, 8, 8, 3), minval=-1.0)
    got = jax.jit(jax.vmap(segmenter.segment))(images)
    np.testing.assert_array_equal(got, _in_jax(images))
    assert calls == [(6, 8, 8, 3)]


@pytest.mark.parametrize("transform", [jax.jit, lambda function: function])
def test_no_gradient_passes_and_none_is_missing(transform):
    segmenter = from_host_function(_in_numpy, CONCEPTS)

    def total(images):
        labels = segmenter.segment(images).astype(jnp.float32)
        return (labels[..., None] * images).sum()

    images = jnp.ones((1, 4, 4, 3))
    np.testing.assert_array_equal(transform(jax.grad(total))(images), 1.0)


@pytest.mark.parametrize(
    ("segment", "complaint"),
    [
        (lambda x: x[..., 0], r"float32 labels of shape \(2, 8, 8\).*return integers"),
        (
            lambda x: _in_numpy(x)[0],
            r"shape \(8, 8\) for images of .* \(2, 8, 8\), and",
        ),
        (_in_slots, r"int64 labels of shape \(2, 8, 8, 2\).*num_slots tells"),
        (lambda x: None, "object labels"),
    ],
)
def test_what_are_no_labels_is_refused(segment, complaint):
    segmenter = from_host_function(segment, CONCEPTS)
    images = jnp.ones((2, 8, 8, 3))
    with pytest.raises(ValueError, match=complaint):
        segmenter.segment(images)
    with pytest.raises(jax.errors.JaxRuntimeError, match=complaint):
        jax.block_until_ready(jax.jit(segmenter.segment)(images))


class _Unhashable:
    __hash__ = None

    def __call__(self, images):
        return _in_jax(images)


@pytest.mark.parametrize("make", [from_function, from_host_function])
def test_a_function_without_a_hash_is_refused(make):
    with pytest.raises(TypeError, match="_Unhashable has no hash.*plain function"):
        make(_Unhashable(), CONCEPTS)
