"""PCA, GANSpace and random directions against NumPy; and all against tensor components.

The blobs tell color from place by the structure of their layer alone.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from jgan import components, metrics
from jgan.components import Ranks, _latent_weights
from tests.components import colored_blob, planted

pytestmark = pytest.mark.usefixtures("unoptimized")

_MANY = {"num_images": 600, "batch_size": 100, "key": planted.KEY}


@pytest.mark.parametrize("mean", [3.0, 1000.0])
def test_pca_equals_that_of_numpy(mean):
    gan = planted.tucker_gan(noise=0.05, mean=mean)
    found = components.vectorized_pca(gan, "layer", num_components=5, **_MANY)
    image_key, _ = jax.random.split(planted.KEY)
    x, _ = planted.activations(gan, 600, key=image_key)
    centered = (x - x.mean(axis=0)).reshape(600, -1)
    _, singular, vectors = np.linalg.svd(centered, full_matrices=False)
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-5)
    # Passes end when they bring less than a ten-thousandth.
    np.testing.assert_allclose(found.variances, singular[:5] ** 2 / 600, rtol=2e-4)
    got = found.components.reshape(5, -1)
    np.testing.assert_allclose(got @ got.T, np.eye(5), atol=1e-12)
    cosines = abs(np.sum(got * vectors[:5], axis=1))
    assert cosines.min() > 0.999
    assert (got[np.arange(5), abs(got).argmax(axis=1)] > 0).all()
    coordinates = found.coordinates(jnp.float32(x))
    want = centered @ got.T
    np.testing.assert_allclose(coordinates, want, atol=1e-4 * abs(want).max())
    directions = found.directions("layer")
    assert directions.vectors["layer"].shape == (5, *planted.SIZE)


def test_ganspace_is_least_squares_from_coordinates_to_the_latent():
    gan = planted.tucker_gan(noise=0.05)
    found = components.ganspace(gan, "layer", num_components=4, **_MANY)
    pca_key, fit_key = jax.random.split(planted.KEY)
    sizes = {"num_images": 600, "batch_size": 100, "key": pca_key}
    pca = components.vectorized_pca(gan, "layer", num_components=4, **sizes)
    x, z = planted.activations(gan, 600, key=fit_key)
    coordinates = np.asarray(pca.coordinates(jnp.float32(x)), np.float64)
    design = np.column_stack([coordinates, np.ones(600)])
    want = np.linalg.lstsq(design, z, rcond=None)[0][:4]
    want /= np.linalg.norm(want, axis=1, keepdims=True)
    # One coordinate at a time: of other images than the components' they correlate.
    assert np.sum(want * found.vectors["z"], axis=1).min() > 0.98
    np.testing.assert_array_equal(found.values, np.float32(pca.variances))


def test_random_directions_are_orthonormal_and_of_their_key():
    of = lambda seed: components.random_directions(
        8, num_directions=8, key=jax.random.key(seed)
    ).vectors["z"]
    np.testing.assert_allclose(of(0) @ of(0).T, np.eye(8), atol=1e-6)
    np.testing.assert_array_equal(of(0), of(0))
    assert abs(of(0) - of(1)).max() > 0.1


def test_what_there_cannot_be_is_refused():
    gan = planted.tucker_gan()
    with pytest.raises(ValueError, match="num_components is 600; 600 images"):
        components.vectorized_pca(gan, "layer", num_components=600, **_MANY)
    with pytest.raises(ValueError, match="num_directions is 9; a latent of 8"):
        components.random_directions(8, num_directions=9, key=planted.KEY)


def _methods(gan):
    sizes = {"num_images": 2000, "batch_size": 200, "key": colored_blob.KEY}
    decomposition = components.mpca(gan, "layer", **sizes)
    ridge = components.ridge_regression(
        gan,
        "layer",
        components.mpca(gan, "layer", ranks=Ranks(8, 8, 4), **sizes),
        **sizes,
    )
    latent = lambda directions: components.to_latent(
        directions, "layer", ridge.regression
    )
    modes = [
        latent(components.mode_directions("layer", decomposition, mode))
        for mode in ("unit", "row", "col")
    ]
    pca = components.vectorized_pca(gan, "layer", num_components=4, **sizes)
    return {
        "tensor": np.concatenate([found.vectors["z"][:3] for found in modes]),
        "pca": latent(pca.directions("layer")).vectors["z"],
        "ganspace": components.ganspace(
            gan, "layer", num_components=4, **sizes
        ).vectors["z"],
        "sefa": components.sefa(gan).vectors["z"],
        "random": components.random_directions(
            4, num_directions=4, key=colored_blob.KEY
        ).vectors["z"],
    }


def _figures(gan, vectors):
    """Both figures of the four directions that are best for an attribute each."""
    # Of equal length: what no latent makes is no edit.
    vectors = np.asarray(vectors)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = (vectors / np.maximum(length, 1e-12))[length[:, 0] > 1e-3]
    latents = gan.sample_latents(200, key=jax.random.key(7))
    directions = components.Directions(
        {"z": jnp.asarray(vectors)}, jnp.ones((len(vectors),))
    )
    swept = components.traverse(
        gan, latents, directions, indices=range(len(vectors)), strengths=[0.0, 1.0]
    )
    before = colored_blob.attributes(swept[0, 0])
    after = np.stack([colored_blob.attributes(one[1]) for one in swept])
    changes = metrics.leakage(before, after) / before.std(axis=0)
    _, rows = scipy.optimize.linear_sum_assignment(-changes.T)
    changes = changes[rows]
    style, geometry = changes[:, :2].max(axis=1), changes[:, 2:].max(axis=1)
    return metrics.mean_off_diagonal(changes), metrics.separation(style, geometry)


def test_tensor_components_tell_color_from_place_where_others_cannot(monkeypatch):
    gan = dataclasses.replace(colored_blob.blob_gan(), family="blobs")
    family = {"blobs": ("z", colored_blob.sefa_weights)}
    monkeypatch.setattr(_latent_weights, "_FAMILIES", family)
    figures = {name: _figures(gan, found) for name, found in _methods(gan).items()}
    mod, separation = figures.pop("tensor")
    assert separation > 0.95
    for name, (other_mod, other_separation) in figures.items():
        assert mod < 0.7 * other_mod, (name, figures)
        assert separation > other_separation + 0.1, (name, figures)
