"""An injected artifact is found, and turning it off helps; turning off others not."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import dissect, metrics
from jgan.gan import Layer
from tests.dissect.planted import NUM_UNITS, planted_gan

ARTIFACT, DRAWS = 5, 0


def _forward(params, latents, edits=None):
    """The planted squares, and in every fourth image a checkerboard of one unit."""
    from jgan.taps import Tapper

    tap = Tapper(edits)
    _, seen = planted_gan().forward(params, latents)
    bad = (latents.z[:, 3] > 0.7)[:, None, None]
    board = (jnp.indices((8, 8)).sum(axis=0) % 2).astype(jnp.float32)
    strong = jnp.where(bad, board[None], 0.0)
    x = tap("layer", seen["layer"].at[..., ARTIFACT].set(strong))
    smooth = x[..., DRAWS] - 0.5
    images = jnp.stack([smooth, -smooth, x[..., ARTIFACT]], axis=-1)
    return images, tap.finish()


def _gan():
    layers = {"layer": Layer(8, 8, NUM_UNITS)}
    return dataclasses.replace(
        planted_gan(), name="artifact", forward=_forward, layers=layers
    )


def _features(images):
    """Means of 4 x 4 squares of the image, and how rough it is."""
    squares = images.reshape(len(images), 2, 4, 2, 4, 3).mean(axis=(2, 4))
    rough = jnp.abs(jnp.diff(images, axis=1)).mean(axis=(1, 2))
    return jnp.concatenate([squares.reshape(len(images), -1), rough], axis=1)


def _sample(seed=0, num_images=256):
    return dissect.Sample(
        num_images=num_images, batch_size=64, key=jax.random.key(seed)
    )


@functools.cache
def _real():
    # What the generator would make without its artifact.
    gan = _gan()
    latents = gan.sample_latents(256, key=jax.random.key(9))
    clean = latents._replace(z=latents.z.at[:, 3].set(0.0))
    return np.asarray(jax.jit(_features)(gan.forward(gan.params, clean)[0]), np.float64)


OPTIONS = {"features": _features}


def test_the_artifact_is_first_and_ablating_it_helps():
    gan, options = _gan(), OPTIONS | {"real": _real(), "sample": _sample()}
    found = dissect.artifact_ranking(gan, "layer", num_top=40, **options)
    assert found.ranking[0] == ARTIFACT
    without = lambda units: dissect.distance_without(gan, "layer", units, **options)
    assert without([]) == pytest.approx(found.before)
    assert without([ARTIFACT]) < 0.2 * found.before
    # Without it there is no square.
    assert without([DRAWS]) > found.before


def test_distances_are_those_of_the_strongest_images():
    gan, options = _gan(), OPTIONS | {"real": _real(), "sample": _sample()}
    found = dissect.artifact_ranking(gan, "layer", num_top=40, **options)
    latents = gan.sample_latents(256, key=jax.random.key(0))
    images, seen = gan.forward(gan.params, latents)
    peaks = np.asarray(seen["layer"]).max(axis=(1, 2))[:, ARTIFACT]
    order = np.argsort(-peaks, kind="stable")[:40]
    np.testing.assert_array_equal(found.top[ARTIFACT], order)
    features = np.asarray(jax.jit(_features)(images), np.float64)[order]
    want = metrics.frechet_distance(_real(), features)
    # Features are float32, from two compiled programs.
    assert found.distances[ARTIFACT] == pytest.approx(want, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"num_top": 257}, "num_top is 257"), ({"num_top": 1}, "num_top is 1")],
)
def test_too_many_or_too_few_images_are_refused(change, complaint):
    options = OPTIONS | {"real": _real(), "sample": _sample()} | change
    with pytest.raises(ValueError, match=complaint):
        dissect.artifact_ranking(_gan(), "layer", **options)


def _bad_features(images):
    # As one division by zero gives.
    return _features(images).at[0, 0].set(jnp.nan)


@pytest.mark.parametrize(
    ("gain", "features", "complaint"),
    [
        (jnp.nan, _features, "activation of layer 'layer' is not finite in batch 0"),
        (1.0, _bad_features, "'layer' is finite in batch 0, but .* or features"),
    ],
)
def test_numbers_that_are_none_are_refused(gain, features, complaint):
    gan = dataclasses.replace(_gan(), params={"gain": jnp.float32(gain)})
    options = {"features": features, "real": _real(), "sample": _sample(num_images=40)}
    with pytest.raises(ValueError, match=complaint):
        dissect.artifact_ranking(gan, "layer", num_top=20, **options)
    with pytest.raises(ValueError, match=complaint):
        dissect.distance_without(gan, "layer", [], **options)


def test_an_unknown_unit_is_refused():
    options = OPTIONS | {"real": _real(), "sample": _sample()}
    with pytest.raises(ValueError, match="units 0..7"):
        dissect.distance_without(_gan(), "layer", [8], **options)
