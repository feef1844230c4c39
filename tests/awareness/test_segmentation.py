"""Segmentations of planted parts, and of random generators against plain k-means."""

import dataclasses

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.cluster

from jgan import awareness, metrics
from jgan.gan import Layer
from jgan.ops import enlarge
from tests.awareness import planted
from tests.awareness.test_clusters import plain_squares
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")


def _segment(gan, latents, key, **options):
    options = {"num_clusters": 3, "key": key} | options
    return np.asarray(awareness.segment_images(gan, latents, **options))


def test_awareness_of_the_class_finds_planted_parts(new_key):
    gan = planted.parts_gan()
    found = awareness.channel_awareness(gan, num_latents=1, key=new_key())
    labels = jnp.arange(9) % planted.NUM_CLASSES
    latents = gan.sample_latents(9, class_label=labels, key=new_key())
    of_another = {name: np.roll(values, 1, axis=0) for name, values in found.items()}
    parts, key = np.asarray(planted.parts(latents)), new_key()
    right, wrong, none = (
        metrics.adjusted_rand_index(
            _segment(gan, latents, key, awareness=weights), parts
        )
        for weights in (found, of_another, None)
    )
    # Not all pixels: along edges the coarse layer mixes two parts.
    assert (right > 0.95).all()
    assert (wrong < 0.8).all()
    assert (none < 0.2).all()


@pytest.mark.parametrize("layers", [(), ("block2.act1", "linear")])
def test_matches_kmeans_of_enlarged_activations_times_roots_of_shares(layers, new_key):
    gan, key = make_gan("biggan_unshared"), new_key()
    latents = gan.sample_latents(3, class_label=jnp.arange(3), key=key)
    chosen = layers or gan.conditional_layers
    found = {
        name: np.random.default_rng(i).uniform(0, 2, (3, gan.layers[name].units))
        for i, name in enumerate(chosen)
    }
    found = {name: np.float32(a) for name, a in found.items()}
    got = _segment(gan, latents, key, awareness=found, layers=layers)
    weights = {n: np.sqrt(a / a.sum(axis=1, keepdims=True)) for n, a in found.items()}
    _, taps = jax.jit(gan.forward)(gan.params, latents)
    for image, labels in enumerate(got.reshape(3, -1)):
        maps = [taps[name][image] * weights[name][image][None, None] for name in chosen]
        points = np.concatenate([enlarge(m, 32, 32) for m in maps], axis=2)
        points = np.float64(points.reshape(32 * 32, -1))
        centers = np.stack([points[labels == i].mean(axis=0) for i in range(3)])
        squares = plain_squares(points, centers)
        # No pixel is nearer to another center than to its own: Lloyd has nothing left
        # but what float32 rounds of distances.
        own = np.take_along_axis(squares, labels[:, None], axis=1)[:, 0]
        np.testing.assert_allclose(own, squares.min(axis=1), rtol=1e-4)
        best = sklearn.cluster.KMeans(3, n_init=8, random_state=0).fit(points)
        # Of eight starts each, theirs chosen more greedily: not always the same.
        assert own.sum() < 1.02 * best.inertia_


def test_only_shares_within_a_layer_count(new_key):
    gan, key = make_gan("biggan_unshared"), new_key()
    latents = gan.sample_latents(3, class_label=jnp.arange(3), key=key)
    found = awareness.channel_awareness(gan, num_latents=1, key=key)
    cut = lambda found, **options: _segment(
        gan, latents, key, awareness=found, **options
    )
    # Powers of two, which round nothing.
    scales = {name: 2.0**i for i, name in enumerate(found)}
    scaled = {name: np.float32(scales[name] * a) for name, a in found.items()}
    np.testing.assert_array_equal(cut(scaled), cut(found))
    first, *others = found
    assert (cut(found) != cut(found, layers=others)).any()
    without = found | {first: np.zeros_like(found[first])}
    np.testing.assert_array_equal(cut(without), cut(found, layers=others))


def test_an_image_is_cut_the_same_alone_and_under_jit(new_key):
    # Of random maps, where other starts would cut it otherwise.
    gan, key = make_gan("biggan_unshared"), new_key()
    latents = gan.sample_latents(3, key=new_key())
    together = _segment(gan, latents, key, num_clusters=5)
    assert together.dtype == np.int32
    turned = jax.tree.map(lambda x: x[::-1], latents)
    np.testing.assert_array_equal(
        _segment(gan, turned, key, num_clusters=5), together[::-1]
    )
    alone = jax.tree.map(lambda x: x[1:2], latents)
    np.testing.assert_array_equal(
        _segment(gan, alone, key, num_clusters=5), together[1:2]
    )
    jitted = jax.jit(
        lambda gan, latents, key: awareness.segment_images(
            gan, latents, num_clusters=5, key=key
        )
    )
    np.testing.assert_array_equal(jitted(gan, latents, key), together)
    others = _segment(gan, latents, new_key(), num_clusters=5)
    assert (others != together).any()


def test_a_warm_call_does_not_trace_again(new_key):
    gan = planted.parts_gan()
    found = awareness.channel_awareness(gan, num_latents=1, key=new_key())
    forward = chex.assert_max_traces(gan.forward, n=1)
    gan = dataclasses.replace(gan, forward=forward)
    for scale in (1.0, 2.0):
        weights = {name: np.float32(scale * one) for name, one in found.items()}
        latents = gan.sample_latents(2, key=new_key())
        _segment(gan, latents, new_key(), awareness=weights)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"layers": ["fine", "block9"]}, "no layer 'block9'.*coarse, fine"),
        ({"num_clusters": 1}, "num_clusters is 1; give 2 to 256"),
        ({"num_clusters": 257}, "num_clusters is 257; give 2 to 256"),
        ({"awareness": {"fine": np.ones((3, 120))}}, "no awareness of coarse, only of"),
        (
            {"awareness": {"fine": np.ones((2, 120))}, "layers": ["fine"]},
            r"awareness of fine has shape \(2, 120\), not \(3, 120\)",
        ),
        (
            {"awareness": {"fine": np.full((3, 120), -0.5)}, "layers": ["fine"]},
            r"awareness of fine goes from -0.5 to -0.5; .*after a ReLU",
        ),
        (
            {"awareness": {"fine": np.full((3, 120), np.nan)}, "layers": ["fine"]},
            r"awareness of fine goes from nan to nan",
        ),
    ],
)
def test_what_cannot_be_segmented_is_refused(options, complaint, new_key):
    gan = planted.parts_gan()
    latents = gan.sample_latents(1, key=new_key())
    with pytest.raises(ValueError, match=complaint):
        _segment(gan, latents, new_key(), **options)


def test_generators_without_maps_or_classes_are_refused(new_key):
    gan, key = planted.parts_gan(), new_key()
    latents = gan.sample_latents(1, key=new_key())
    flat = dataclasses.replace(gan, layers=gan.layers | {"flat": Layer(1, 1, 4)})
    with pytest.raises(ValueError, match="'flat' has one pixel"):
        _segment(flat, latents, key, layers=["fine", "flat"])
    with pytest.raises(ValueError, match="no class-conditional layers to take by"):
        _segment(dataclasses.replace(gan, conditional_layers=()), latents, key)


def test_activations_that_are_not_finite_are_refused(new_key):
    gan, key = planted.parts_gan(), new_key()
    gan.params["fine"]["bias"] = gan.params["fine"]["bias"].at[:, 7].set(jnp.inf)
    latents = gan.sample_latents(2, key=new_key())
    with pytest.raises(ValueError, match="layer 'fine' is not finite"):
        _segment(gan, latents, key)
