"""The distance of colors against loops in float64, and what its gradient asks for."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.training import Finish
from jgan.training.colors import color_distance
from jgan.worlds import Batch
from tests.helpers import normal
from tests.training.tiny import CONFIG

_distance = jax.jit(color_distance)


def _batch(key, num_images, *, spread=0.5, classes=2):
    keys = jax.random.split(key)
    flat = spread * jax.random.normal(keys[0], (num_images, 1, 1, 3))
    fine = 0.1 * jax.random.normal(keys[1], (num_images, 16, 16, 3))
    labels = jnp.arange(num_images) % classes if classes else None
    return Batch(flat + fine, labels)


def _pooled(images, side):
    images = np.asarray(images, np.float64)
    places = images.shape[1] // side
    return images.reshape(-1, places, side, places, side, 3).mean(axis=(2, 4))


def _by_hand(fake, real):
    total = 0.0
    sides = [side for side in (4, 8, 16) if side <= fake.images.shape[1]]
    for side in sides:
        for hue in (False, True):
            a, b = (_pooled(batch.images, side) for batch in (fake, real))
            if hue:
                a, b = (x - x.mean(axis=-1, keepdims=True) for x in (a, b))
            far = lambda x, y: np.sqrt(np.square(x - y).sum(-1) + 1e-6).mean()
            for i, label in enumerate(fake.class_label):
                others = [
                    far(a[i], a[j])
                    for j in range(len(a))
                    if j != i and fake.class_label[j] == label
                ]
                reals = [
                    far(a[i], b[j])
                    for j in range(len(b))
                    if real.class_label[j] == label
                ]
                if others and reals:
                    total += np.mean(reals) - np.mean(others) / 2
    return total / (len(sides) * len(fake.images))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_it_is_the_mean_over_pairs_of_a_class(new_key, classes):
    # Of five classes, one is alone in its batch.
    fake = _batch(new_key(), 6, classes=classes)
    real = _batch(new_key(), 8, classes=classes)
    want = _by_hand(fake, real)
    # Means of float32.
    assert float(_distance(fake, real)) == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize("side", [4, 8])
def test_small_images_are_compared_by_the_squares_that_they_have(side, new_key):
    fake, real = (
        _batch(new_key(), num_images)._replace(
            images=normal(new_key(), (num_images, side, side, 3))
        )
        for num_images in (6, 8)
    )
    want = _by_hand(fake, real)
    assert float(_distance(fake, real)) == pytest.approx(want, abs=1e-5)


def test_without_classes_all_images_are_of_one():
    fake, real = (_batch(jax.random.key(i), 6, classes=1) for i in range(2))
    bare = [batch._replace(class_label=None) for batch in (fake, real)]
    assert float(_distance(*bare)) == pytest.approx(float(_distance(fake, real)))


def test_the_right_spread_has_the_least_distance():
    real = _batch(jax.random.key(0), 64)
    at = {
        spread: np.mean(
            [
                float(_distance(_batch(jax.random.key(i), 64, spread=spread), real))
                for i in range(1, 9)
            ]
        )
        for spread in (0.2, 0.5, 1.2)
    }
    assert at[0.5] < min(at[0.2], at[1.2])


def test_images_that_are_too_alike_are_driven_apart():
    real = _batch(jax.random.key(0), 64, classes=1)
    fake = _batch(jax.random.key(1), 64, classes=1, spread=0.1)

    def scaled(factor):
        return color_distance(fake._replace(images=factor * fake.images), real)

    assert float(jax.jit(jax.grad(scaled))(1.0)) < 0


def test_equal_images_have_a_finite_gradient():
    real = _batch(jax.random.key(0), 4)
    fake = real._replace(images=jnp.zeros_like(real.images))
    gradient = jax.jit(
        jax.grad(lambda x: color_distance(fake._replace(images=x), real))
    )(fake.images)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0


def test_a_run_finishes_otherwise_than_it_began():
    finish = Finish(after=3, discriminator_rate=1e-5, color_weight=2.0)
    config = dataclasses.replace(CONFIG, finish=finish)
    assert config.at(3) == CONFIG
    late = config.at(4)
    assert (late.discriminator_rate, late.color_weight) == (1e-5, 2.0)
    same = dataclasses.replace(
        late, discriminator_rate=CONFIG.discriminator_rate, color_weight=0.0
    )
    assert same == CONFIG


@pytest.mark.parametrize(
    "change",
    [
        {"color_weight": -1.0},
        {
            "half_steps": 5,
            "finish": Finish(after=4, discriminator_rate=1e-4, color_weight=1.0),
        },
    ],
)
def test_settings_that_make_no_sense_are_refused(change):
    with pytest.raises(ValueError, match="give"):
        dataclasses.replace(CONFIG, **change)
