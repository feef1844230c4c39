"""Regressions of the latent: the pseudo-inverse of a linear generator, and refusals."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sklearn.linear_model

from jgan import components
from jgan.components import AdamConfig, Ranks, TuckerRanks, _adam
from tests.components.planted import KEY, SIZE, activations, even_gan, tucker_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_MANY = {"num_images": 1000, "batch_size": 100, "key": KEY}
_HELD_OUT = {"num_images": 500, "batch_size": 100, "key": jax.random.key(8)}
_LATENT = 64


def test_ridge_reaches_the_pseudo_inverse_of_a_linear_generator():
    gan = even_gan()
    decomposition = components.mpca(gan, "layer", **_MANY)
    found = components.ridge_regression(gan, "layer", decomposition, **_MANY)
    score = components.r_squared(gan, "layer", found.regression, **_HELD_OUT)
    assert score["z"] >= 0.9999
    # The 64 dimensions that the latent moves, and some of what float32 rounds.
    assert 63.9 < found.num_effective < 90
    x, z = activations(gan, 50, key=jax.random.key(9))
    matrix = np.asarray(gan.params["map"], np.float64).reshape(_LATENT, -1)
    mean = np.asarray(gan.params["mean"], np.float64).ravel()
    inverse = (x.reshape(50, -1) - mean) @ np.linalg.pinv(matrix)
    np.testing.assert_allclose(inverse, z, atol=1e-4)
    predicted = found.regression.predict(jnp.float32(x))["z"]
    np.testing.assert_allclose(predicted, inverse, atol=1e-3)


def test_r_squared_is_that_of_the_definition_and_of_cut_ranks_lower():
    gan = even_gan()
    decomposition = components.mpca(gan, "layer", ranks=Ranks(2, 3, 4), **_MANY)
    found = components.ridge_regression(gan, "layer", decomposition, **_MANY)
    score = components.r_squared(gan, "layer", found.regression, **_HELD_OUT)["z"]
    x, z = activations(gan, 500, key=jax.random.key(8))
    wrong = np.asarray(found.regression.predict(jnp.float32(x))["z"]) - z
    want = 1 - np.sum(wrong**2) / np.sum((z - z.mean(axis=0)) ** 2)
    np.testing.assert_allclose(score, want, atol=1e-5)
    # A core of 24 numbers cannot tell 64.
    assert 0.2 < score < 24 / 64


def _fitted(**sizes):
    """A ridge whose cores are of the first 24 of the latent's 64 numbers."""
    gan = tucker_gan()
    decomposition = components.mpca(gan, "layer", ranks=Ranks(2, 3, 4), **_MANY)
    found = components.ridge_regression(gan, "layer", decomposition, **sizes)
    x, z = activations(gan, sizes["num_images"], key=sizes["key"])
    core = np.asarray(decomposition.coordinates(jnp.float32(x)), np.float64)
    return gan, found, x, core, z


def test_ridge_equals_that_of_scikit_learn():
    _, found, x, core, z = _fitted(**_MANY)
    model = sklearn.linear_model.Ridge(alpha=found.penalty * len(core)).fit(core, z)
    got = found.regression.predict(jnp.float32(x))["z"]
    # Variances of the core lie apart by 80,000, which makes of the 6e-8 that float32
    # rounds half a percent in the least, which adds 0.1 to a prediction. Twice the
    # penalty is wrong by 8e-3.
    np.testing.assert_allclose(got, model.predict(core), atol=5e-4)


def test_the_penalty_has_the_least_error_of_cross_validation():
    _, found, _, core, z = _fitted(num_images=40, batch_size=40, key=KEY)
    centered, truth = core - core.mean(axis=0), z - z.mean(axis=0)

    def score(penalty):
        gram = centered @ centered.T
        hat = gram @ np.linalg.inv(gram + penalty * 40 * np.eye(40)) + 1 / 40
        left = np.sum((truth - hat @ truth) ** 2)
        return left / (1 - np.trace(hat) / 40) ** 2

    scores = [score(found.penalty * factor) for factor in (1 / 1.8, 1, 1.8)]
    assert np.argmin(scores) == 1


def test_few_images_are_not_learned_by_heart():
    few = {"num_images": 30, "batch_size": 30, "key": KEY}
    gan, found, _, core, z = _fitted(**few)
    score = components.r_squared(gan, "layer", found.regression, **_HELD_OUT)["z"]
    # Least squares has 25 numbers for each of 30 images.
    design = np.column_stack([core, np.ones(len(core))])
    solution = np.linalg.lstsq(design, z, rcond=None)[0]
    _, _, _, other, truth = _fitted(**_HELD_OUT)
    plain = np.column_stack([other, np.ones(len(other))]) @ solution
    by_heart = 1 - np.sum((plain - truth) ** 2) / np.sum(
        (truth - truth.mean(axis=0)) ** 2
    )
    assert by_heart < -0.5
    assert score > 0


def test_adam_reaches_the_pseudo_inverse_too():
    # The original has no intercept.
    gan = even_gan()
    params = {"map": gan.params["map"], "mean": jnp.zeros(SIZE)}
    gan = dataclasses.replace(gan, params=params)
    weight = components.tucker_weight(
        SIZE, _LATENT, TuckerRanks(*SIZE, _LATENT), key=jax.random.key(1)
    )
    config = AdamConfig(num_steps=2000, batch_size=64, learning_rate=3e-3, penalty=0.0)
    shares = []
    found = components.adam_regression(
        gan, "layer", weight, config=config, progress=shares.append, key=KEY
    )
    assert shares[-1] == 1
    assert len(found.errors) == 2000
    assert found.errors[0] > 0.5 > 10 * found.errors[-1]
    score = components.r_squared(gan, "layer", found.regression, **_HELD_OUT)["z"]
    assert score >= 0.999


def _short_run(num_steps, resume=None, learning_rate=3e-3):
    weight = components.cp_weight(SIZE, _LATENT, 3, key=jax.random.key(1))
    config = AdamConfig(num_steps=num_steps, learning_rate=learning_rate)
    return components.adam_regression(
        even_gan(), "layer", weight, config=config, resume=resume, key=KEY
    )


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    whole = _short_run(250)
    train = _adam._train
    calls = []

    def stopped(*arguments):
        calls.append(int(arguments[3]))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(_adam, "_train", stopped)
        with pytest.raises(KeyboardInterrupt):
            _short_run(250, path)
        resumed = _short_run(250, path)
    assert calls == [0, 100, 100, 200]
    assert jax.tree.all(jax.tree.map(np.array_equal, resumed, whole))
    again = _short_run(250, path)
    assert jax.tree.all(jax.tree.map(np.array_equal, again, whole))


def test_a_saved_run_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    _short_run(20, path)
    with pytest.raises(ValueError, match="saved with another config"):
        _short_run(20, path, learning_rate=1e-3)
    with pytest.raises(ValueError, match="holds 20 steps, and num_steps is 10"):
        _short_run(10, path)
    assert len(_short_run(30, path).errors) == 30
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is damaged"):
        _short_run(30, path)


def test_a_run_that_diverges_names_the_step():
    gan = even_gan()
    weight = components.cp_weight(SIZE, _LATENT, 3, key=jax.random.key(1))
    config = AdamConfig(num_steps=30, learning_rate=1e18)
    with pytest.raises(ValueError, match="The error of step [0-9]+ is not finite"):
        components.adam_regression(gan, "layer", weight, config=config, key=KEY)


def test_what_does_not_fit_is_refused():
    gan = even_gan()
    decomposition = components.mpca(gan, "layer", **_MANY)
    fit = components.ridge_regression
    with pytest.raises(ValueError, match="There is no latent 'w'"):
        fit(gan, "layer", decomposition, target="w", **_MANY)
    with pytest.raises(ValueError, match="one vector for each image"):
        fit(gan, "layer", decomposition, target="layer", **_MANY)
    with pytest.raises(ValueError, match="num_images is 2"):
        fit(gan, "layer", decomposition, num_images=2, batch_size=2, key=KEY)
    for nothing in ({"num_steps": 0}, {"batch_size": 0}):
        with pytest.raises(ValueError, match="give at least 1"):
            AdamConfig(**nothing)
    other = decomposition._replace(mean=np.zeros((2, 2, 2)))
    with pytest.raises(ValueError, match=r"of activations \(2, 2, 2\)"):
        fit(gan, "layer", other, **_MANY)
    weight = components.cp_weight(SIZE._replace(rows=2), _LATENT, 3, key=KEY)
    with pytest.raises(ValueError, match=r"takes activations of shape \(2, 5, 12\)"):
        components.adam_regression(gan, "layer", weight, key=KEY)
