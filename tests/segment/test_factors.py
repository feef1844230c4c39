"""Which factors can be read, and that they are those of the scene."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.segment.scenes.factors import (
    FACTOR_NAMES,
    factor_truth,
    standardize,
    unstandardize,
)
from jgan.worlds.scenes import CONCEPTS, sample_scenes

_SKY = CONCEPTS.index("sky")
_truth = jax.jit(factor_truth)


def _columns(scenes):
    truth = jax.tree.map(np.asarray, _truth(scenes))
    return (dict(zip(FACTOR_NAMES, part.T, strict=True)) for part in truth)


@pytest.fixture(scope="module")
def many():
    return sample_scenes(256, key=jax.random.key(3))


@pytest.mark.parametrize("thing", ["sun", "house"])
def test_an_absent_thing_has_a_presence_and_nothing_else(many, thing):
    values, weights = _columns(many)
    there = np.asarray(getattr(many.factors, thing))
    np.testing.assert_array_equal(values[thing], there)
    assert (weights[thing][~there] == 1).all()
    parts = [name for name in FACTOR_NAMES if name.startswith(f"{thing}_")]
    assert parts
    for name in parts:
        assert (weights[name][~there] == 0).all()
        # Of what is there, its presence is read exactly where its parts are.
        np.testing.assert_array_equal(weights[name][there], weights[thing][there])


@pytest.mark.parametrize("thing", ["sun", "house"])
def test_a_hidden_thing_is_not_read(many, thing):
    hidden = many._replace(segmentation=jnp.full_like(many.segmentation, _SKY))
    _, weights = _columns(hidden)
    there = np.asarray(getattr(many.factors, thing))
    assert there.any()
    for name in FACTOR_NAMES:
        if name.split("_")[0] == thing:
            assert (weights[name][there] == 0).all(), name


def test_what_every_scene_has_is_always_read(many):
    _, weights = _columns(many)
    for name in FACTOR_NAMES:
        if name.split("_")[0] not in ("sun", "house"):
            assert (weights[name] == 1).all(), name


def test_values_are_those_of_the_scene(many):
    values, _ = _columns(many)
    true = jax.tree.map(np.asarray, many.factors)
    for name in ("horizon", "brightness", "sun_x", "house_base", "water"):
        np.testing.assert_array_equal(values[name], getattr(true, name))
    for i, part in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(values[f"sky_{part}"], true.sky_color[:, i])
        np.testing.assert_array_equal(values[f"house_{part}"], true.house_color[:, i])
    height = np.where(true.mountain, true.mountain_height, 0)
    np.testing.assert_array_equal(values["mountain_height"], height)
    cloud = np.asarray(many.segmentation) == CONCEPTS.index("cloud")
    # A mean of 4,096 zeros and ones, in float32.
    np.testing.assert_allclose(
        values["cloud_amount"], cloud.mean(axis=(1, 2)), rtol=1e-6
    )


def test_most_things_that_are_there_can_be_read(many):
    _, weights = _columns(many)
    # Clouds and mountains hide part of the suns, trees few of the houses.
    assert weights["sun_x"].sum() > 0.8 * np.asarray(many.factors.sun).sum()
    assert weights["house_x"].sum() > 0.9 * np.asarray(many.factors.house).sum()


def test_standardized_factors_have_mean_0_and_deviation_1(many):
    truth = _truth(many)
    standard = np.asarray(standardize(truth.values), np.float64)
    weights = np.asarray(truth.weights, np.float64)
    mean = (weights * standard).sum(0) / weights.sum(0)
    deviation = np.sqrt((weights * (standard - mean) ** 2).sum(0) / weights.sum(0))
    # The houses of 256 scenes are about 100: the standard error is 0.1.
    assert (np.abs(mean) < 0.35).all()
    assert (np.abs(deviation - 1) < 0.35).all()


def test_natural_units_come_back(many):
    values = _truth(many).values
    back = unstandardize(standardize(values))
    # Two roundings of numbers of size up to 10.
    np.testing.assert_allclose(back, values, atol=2e-6)
