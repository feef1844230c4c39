"""The energy model on Gaussian activations, whose score is known."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jgan.interpretable import (
    EnergyConfig,
    Scale,
    energy,
    energy_step,
    initial_energy,
    langevin,
)
from jgan.models.energy import Config
from tests.helpers import FAST_FORM, conv_forms

_SHAPE = (2, 4, 2)
# Longer steps of chains make the distribution that they keep another one: at 0.2, by
# 7 % where the density is narrowest.
_CONFIG = EnergyConfig(
    network=Config(width=16, hidden=32),
    num_chains=512,
    num_steps=10,
    step_size=0.1,
    # Added to reals, it would be learned with them.
    data_noise=0.0,
    size_weight=1e-4,
)
# At the rate, and at a tenth of it.
_NUM_STEPS = 1600, 900


@functools.cache
def _correlations():
    """Of all numbers: units of a place, and places next to each other in a row."""
    units = np.array([[1.0, 0.6], [0.6, 1.0]])
    places = 0.5 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    return np.kron(np.eye(2), np.kron(places, units))


def _draw(key, count):
    root = jnp.float32(np.linalg.cholesky(_correlations()))
    numbers = jax.random.normal(key, (count, len(root))) @ root.T
    return numbers.reshape(count, *_SHAPE)


@functools.cache
def _learned():
    slower = dataclasses.replace(_CONFIG, learning_rate=_CONFIG.learning_rate / 10)
    state = initial_energy(_CONFIG, _SHAPE, key=jax.random.key(0))
    for number, (config, steps) in enumerate(
        zip((_CONFIG, slower), _NUM_STEPS, strict=True)
    ):
        keys = jax.random.split(jax.random.key(number), steps)
        state = _run(config, state, keys)
    return state


@functools.partial(jax.jit, static_argnums=0)
def _run(config, state, keys):
    def step(state, key):
        first, second = jax.random.split(key)
        return energy_step(config, state, _draw(first, config.num_chains), key=second)

    return jax.lax.scan(step, state, keys)[0]


def test_the_score_of_gaussian_activations_is_learned():
    reals = _draw(jax.random.key(2), 2000)
    slope = jax.grad(lambda x: energy(_CONFIG, _learned().average, x).sum())
    found = -np.asarray(slope(reals)).reshape(len(reals), -1)
    flat = np.asarray(reals, np.float64).reshape(len(reals), -1)
    want = -flat @ np.linalg.inv(_correlations())
    error = np.linalg.norm(found - want) / np.linalg.norm(want)
    # The standard normal, from which it starts, is off by 0.6.
    assert np.linalg.norm(-flat - want) / np.linalg.norm(want) > 0.4
    assert error < 0.05


def test_chains_are_distributed_as_what_was_learned():
    start = jax.random.normal(jax.random.key(3), (2500, *_SHAPE))
    chains = jax.jit(functools.partial(langevin, _CONFIG, num_steps=1500))
    end = chains(_learned().average, start, key=jax.random.key(4))
    end = np.asarray(end, np.float64).reshape(len(start), -1)
    # Of each number; four standard errors are 0.08 of a mean, 0.113 of a variance.
    assert np.abs(end.mean(axis=0)).max() < 0.05 + 0.08
    assert np.abs(end.var(axis=0) - 1).max() < 0.05 + 0.113
    # Of all together.
    assert abs(end.mean()) < 0.05
    assert abs(end.var(axis=0).mean() - 1) < 0.05
    # In every direction that reals vary in, the narrowest too: there, chains of the
    # standard normal, from which learning starts, have up to 15 times the variance.
    values, directions = np.linalg.eigh(_correlations())
    along = end @ directions / np.sqrt(values)
    assert np.abs(along.var(axis=0) - 1).max() < 0.05 + 0.113
    untrained = np.asarray(start, np.float64).reshape(len(start), -1) @ directions
    assert (untrained / np.sqrt(values)).var(axis=0).max() > 5


def test_what_is_corrupted_has_higher_energy():
    reals = _draw(jax.random.key(5), 1000)
    key = jax.random.key(6)
    swapped = jnp.concatenate([reals[..., :1], jnp.roll(reals, 1, 0)[..., 1:]], axis=-1)
    moved = reals[:, :, jnp.array([2, 0, 3, 1])]
    noisy = reals + jax.random.normal(key, reals.shape)
    of = functools.partial(energy, _CONFIG, _learned().average)
    precision = np.linalg.inv(_correlations())

    def analytic(x):
        flat = np.asarray(x, np.float64).reshape(len(x), -1)
        return 0.5 * np.einsum("ni,ij,nj->n", flat, precision, flat)

    # Units of other images, places in another order, and noise: as often as the density
    # itself tells them from real ones.
    for corrupted in (swapped, moved, noisy):
        share = float(jnp.mean(of(corrupted) > of(reals)))
        best = float(np.mean(analytic(corrupted) > analytic(reals)))
        assert share > best - 0.02
    assert share >= 0.95


def test_where_reals_do_not_vary_chains_are_as_wide_as_the_noise():
    """Of a layer most directions are such; without width there, chains break out."""
    config = dataclasses.replace(_CONFIG, num_chains=128, data_noise=0.2)

    @jax.jit
    def run(state, keys):
        def step(state, key):
            first, second = jax.random.split(key)
            reals = _draw(first, config.num_chains)
            # Both units are alike, and nothing is their difference.
            alike = jnp.repeat(reals[..., :1], 2, axis=-1)
            return energy_step(config, state, alike, key=second)

        return jax.lax.scan(step, state, keys)

    start = initial_energy(config, _SHAPE, key=jax.random.key(12))
    end, _ = run(start, jax.random.split(jax.random.key(13), 1500))
    chains = jax.jit(functools.partial(langevin, config, num_steps=500))
    found = chains(end.average, end.chains, key=jax.random.key(14))
    across = np.asarray(found[..., 0] - found[..., 1], np.float64)
    # The variance of the difference of two numbers of that noise; of 1,024 of them,
    # four standard errors.
    assert across.var() == pytest.approx(2 * 0.2**2, rel=0.18)


def test_outputs_are_kept_small_for_each_number_of_an_activation():
    """Those of scenes64 are sums over 24,576 numbers: not divided, none is learned."""
    config = dataclasses.replace(_CONFIG, size_weight=2.0)
    # The outputs of a network that has learned nothing are 0.
    start = initial_energy(config, _SHAPE, key=jax.random.key(8))
    real = 2 * _draw(jax.random.key(10), config.num_chains)
    params = jax.tree.map(lambda x: x + 0.1, start.params)
    state = start._replace(params=params)
    after, _ = energy_step(config, state, real, key=jax.random.key(11))

    def loss(params):
        tilt = lambda x: (
            0.5 * jnp.square(x).sum(axis=(1, 2, 3)) - energy(config, params, x)
        )
        squares = jnp.square(jnp.concatenate([tilt(real), tilt(after.chains)])).mean()
        apart = tilt(after.chains).mean() - tilt(real).mean()
        return apart + 2.0 * squares / float(np.prod(_SHAPE))

    want = jax.grad(loss)(params)
    got = optax.tree.get(after.optimizer, "mu")
    # Adam's mean gradient after one step with a decay of a half. Sums of 512 images in
    # another order, of numbers of either sign, are off by more than their last bits.
    for one, other in zip(*map(jax.tree.leaves, (got, want)), strict=True):
        scale = np.abs(other).max()
        np.testing.assert_allclose(2 * one, other, atol=1e-4 * scale, rtol=1e-3)


def test_without_noise_the_energy_only_falls():
    params = _learned().average
    start = 2 * jax.random.normal(jax.random.key(7), (50, *_SHAPE))
    energies = [energy(_CONFIG, params, start)]
    for _ in range(5):
        start = langevin(
            _CONFIG, params, start, num_steps=5, noise=0.0, key=jax.random.key(0)
        )
        energies.append(energy(_CONFIG, params, start))
    assert (np.diff(np.stack(energies), axis=0) < 0).all()


def test_a_scale_restores_what_it_standardized(new_key):
    draw = jax.random.normal(new_key(), (64, *_SHAPE))
    activation = jnp.stack([3 * draw[..., 0] - 1, 0 * draw[..., 1] + 5], axis=-1)
    scale = Scale.of(activation)
    standard = scale.standardize(activation)
    np.testing.assert_allclose(standard.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(standard.std(axis=(0, 1, 2)), [1, 0], atol=1e-5)
    np.testing.assert_allclose(scale.restore(standard), activation, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_chains": 0}, "num_chains is 0"),
        ({"num_steps": 0}, "num_steps 0"),
        ({"step_size": 1.0}, "step_size is 1.0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
        ({"size_weight": -1.0}, "size_weight -1.0"),
        ({"data_noise": -1.0}, "data_noise -1.0"),
        ({"average_decay": 1.0}, "average_decay is 1.0"),
    ],
)
def test_configs_that_make_no_sense_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(_CONFIG, **change)


def test_chains_are_of_convolutions_that_are_fast_in_a_loop():
    # As at any width below that of Winograd's form, which is of products.
    shape = (8, 8, 4)
    state = initial_energy(_CONFIG, shape, key=jax.random.key(0))
    run = functools.partial(langevin, _CONFIG, num_steps=3)
    forms = conv_forms(
        lambda params, start: run(params, start, key=jax.random.key(1)),
        state.params,
        jnp.zeros((2, *shape)),
    )
    assert forms == {FAST_FORM}
