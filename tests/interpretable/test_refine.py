"""Langevin dynamics as an edit, on a density whose steps are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.interpretable import (
    EnergyConfig,
    Fit,
    Learned,
    Partition,
    Scale,
    initial_energy,
    langevin,
    refine,
    swap,
)
from jgan.models.energy import Config
from jgan.taps import Replace
from tests.generators import make_gan

_LAYER, _SHAPE = "block1", (16, 16, 16)
_SIZE, _STEPS = 0.2, 7
_ENERGY = EnergyConfig(network=Config(width=4, hidden=8), step_size=_SIZE)
_PARTITION = Partition(
    _LAYER, np.zeros(_SHAPE, "f4"), np.arange(16) % 3, np.zeros((16, 3)), Fit(0, 0, 0)
)


def _learned():
    draw = np.random.default_rng(0)
    mean, std = draw.standard_normal(16), draw.uniform(0.5, 3, 16)
    scale = Scale(jnp.float32(mean), jnp.float32(std))
    state = initial_energy(_ENERGY, _SHAPE, key=jax.random.key(0))
    return Learned(_PARTITION, _ENERGY, state.average, scale, "")


def _refined(activation, learned):
    """Of the standard normal, whose energy falls by a fixed part of a number a step."""
    mean, std = (np.asarray(part, np.float64) for part in learned.scale)
    return mean + (activation - mean) * (1 - _SIZE**2 / 2) ** _STEPS


def test_a_swap_is_refined_after_it_is_made():
    gan, learned = make_gan("biggan"), _learned()
    source, target = (gan.sample_latents(2, key=jax.random.key(i)) for i in (0, 1))
    partition = learned.partition
    edit = refine(learned, num_steps=_STEPS, key=jax.random.key(3))
    got = swap(gan, partition, 1, source=source, target=target, then=edit)
    tap = lambda latents: np.asarray(gan.forward(gan.params, latents)[1][_LAYER])
    mixed = np.where(partition.groups == 1, tap(source), tap(target))
    replace = Replace(np.float32(_refined(mixed, learned)))
    want, _ = gan.forward(gan.params, target, {_LAYER: replace})
    np.testing.assert_allclose(got, want, atol=2e-5)
    # It moves the image by much more than that.
    assert np.abs(got - swap(gan, partition, 1, source=source, target=target)).max() > (
        0.01
    )


def test_it_is_the_network_that_is_followed():
    learned = _learned()
    leaves, tree = jax.tree.flatten(learned.params)
    keys = jax.random.split(jax.random.key(5), len(leaves))
    drawn = [jax.random.normal(k, x.shape) for k, x in zip(keys, leaves, strict=True)]
    params = jax.tree.unflatten(tree, drawn)
    learned = learned._replace(params=params)
    activation = jax.random.normal(jax.random.key(1), (2, *_SHAPE))
    options = {"num_steps": 3, "noise": 0.5, "key": jax.random.key(3)}
    standard = learned.scale.standardize(activation)
    want = learned.scale.restore(langevin(_ENERGY, params, standard, **options))
    got = refine(learned, **options)(activation)
    # The same operations, in the same order.
    np.testing.assert_array_equal(got, want)
    assert np.abs(got - refine(_learned(), **options)(activation)).max() > 0.1


def test_steps_and_noise_are_those_asked_for():
    learned = _learned()
    activation = jax.random.normal(jax.random.key(1), (2, *_SHAPE))
    edit = refine(learned, num_steps=_STEPS, key=jax.random.key(3))
    want = _refined(np.asarray(activation), learned)
    np.testing.assert_allclose(edit(activation), want, atol=1e-5)
    still = refine(learned, num_steps=0, key=jax.random.key(3))
    np.testing.assert_allclose(still(activation), activation, atol=1e-5)
    # Without steps towards it, what remains of a mean is the sum of the noise.
    sweep = jax.jit(jax.vmap(lambda noise: edit._replace(noise=noise)(activation)))
    none, half, whole = np.asarray(sweep(jnp.array([0.0, 0.5, 1.0])))
    np.testing.assert_allclose(none, edit(activation), atol=1e-5)
    np.testing.assert_allclose(whole - none, 2 * (half - none), atol=1e-4)
    decay = (1 - _SIZE**2 / 2) ** (2 * np.arange(_STEPS))
    want = np.asarray(learned.scale.std) * _SIZE * np.sqrt(decay.sum())
    # Of 512 numbers a unit: five standard errors of a standard deviation.
    found = (whole - none).std(axis=(0, 1, 2))
    np.testing.assert_allclose(found, want, rtol=5 / np.sqrt(2 * 512))


@pytest.mark.parametrize(("num_steps", "noise"), [(-1, 0.0), (3, -0.5)])
def test_negative_numbers_are_refused(num_steps, noise):
    with pytest.raises(ValueError, match=f"num_steps is {num_steps} and noise {noise}"):
        refine(
            _learned(),
            num_steps=num_steps,
            noise=noise,
            key=jax.random.key(0),
        )
