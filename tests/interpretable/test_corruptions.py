"""An energy model tells what a generator makes from what is put together of it."""

import functools

import jax
import numpy as np
import pytest

from jgan.interpretable import (
    EnergyConfig,
    Learned,
    Scale,
    energy_gap,
    energy_step,
    initial_energy,
)
from jgan.models.energy import Config
from tests.interpretable import planted

# Of the size of default: squares of outputs, were they not per number, would be small.
_CONFIG = EnergyConfig(network=Config(width=16, hidden=16))
_GAN = planted.grouped_gan()


def _maps(key, count):
    latents = _GAN.sample_latents(count, key=key)
    return _GAN.forward(_GAN.params, latents, None)[1][planted.LAYER]


@functools.cache
def _learned(num_steps):
    partition = planted.partition(planted.groups())
    scale = Scale.of(_maps(jax.random.key(1), 256))
    shape = planted.SIDE, planted.SIDE, len(partition.groups)
    state = initial_energy(_CONFIG, shape, key=jax.random.key(2))

    def step(state, key):
        first, second = jax.random.split(key)
        standard = scale.standardize(_maps(first, 32))
        return energy_step(_CONFIG, state, standard, key=second)

    keys = jax.random.split(jax.random.key(3), num_steps)
    state, _ = jax.jit(functools.partial(jax.lax.scan, step))(state, keys)
    return Learned(partition, _CONFIG, state.average, scale, "")


def test_what_is_put_together_has_the_higher_energy():
    gap = energy_gap(_GAN, _learned(150), num_images=128, key=jax.random.key(4))
    assert min(gap) >= 0.95


def test_a_model_that_has_learned_nothing_tells_only_what_is_larger():
    gap = energy_gap(_GAN, _learned(0), num_images=128, key=jax.random.key(4))
    # Two of 128 images that are alike in size, four standard errors.
    assert abs(gap.mixed - 0.5) < 0.18
    # Units that are moved keep their squares, to the last bit of a sum.
    assert gap.noisy == 1


def test_images_are_counted_in_whole_batches():
    learned, key = _learned(0), jax.random.key(5)
    got = energy_gap(_GAN, learned, num_images=9, batch_size=8, key=key)
    np.testing.assert_array_equal(np.mod(np.array(got) * 16, 1), 0)
    again = energy_gap(_GAN, learned, num_images=16, batch_size=8, key=key)
    assert got == again


def test_what_cannot_be_told_is_refused():
    key = jax.random.key(6)
    with pytest.raises(ValueError, match="batch_size is 1; another image is needed"):
        energy_gap(_GAN, _learned(0), batch_size=1, key=key)
    other = _learned(0)
    partition = other.partition._replace(groups=np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="The partition has 3 units"):
        energy_gap(_GAN, other._replace(partition=partition), key=key)
