"""Latents: what they depend on, how they are distributed, what is refused."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.models.latents import sample_latents

_sample = functools.partial(sample_latents, latent_dim=16, num_classes=5)
KEY = jax.random.key(0)


def test_an_image_does_not_depend_on_the_batch_around_it():
    few, many = _sample(3, key=KEY), _sample(50, key=KEY)
    np.testing.assert_array_equal(few.z, many.z[:3])
    np.testing.assert_array_equal(few.class_label, many.class_label[:3])


def test_z_is_standard_normal_and_classes_are_even():
    z, labels, truncation = _sample(4000, key=KEY)
    assert truncation is None
    assert float(jnp.abs(jnp.mean(z))) < 0.02
    assert float(jnp.std(z)) == pytest.approx(1, abs=0.02)
    counts = np.bincount(np.asarray(labels), minlength=5)
    assert counts.min() > 700
    assert len(np.unique(np.asarray(z))) > 63_000


def test_truncation_scales_a_normal_cut_at_two_deviations():
    z = _sample(4000, truncation=0.5, key=KEY).z
    assert float(jnp.max(jnp.abs(z))) == pytest.approx(1.0, abs=0.01)
    # The deviation of a standard normal cut at +-2 is 0.8796.
    assert float(jnp.std(z)) == pytest.approx(0.5 * 0.8796, abs=0.01)
    double = _sample(4000, truncation=1.0, key=KEY).z
    np.testing.assert_allclose(double, 2 * z, rtol=1e-6)


def test_truncation_may_differ_between_images():
    # As many images as latent dimensions: the wrong axis would fit.
    factors = np.linspace(0.0, 1.5, 16, dtype=np.float32)
    z = _sample(16, truncation=factors, key=KEY).z
    whole = _sample(16, truncation=1.0, key=KEY).z
    np.testing.assert_allclose(z, factors[:, None] * whole, rtol=1e-6)


def test_a_truncation_is_kept_for_a_generator_that_has_statistics_of_it():
    factors = np.linspace(0.0, 1.0, 3, dtype=np.float32)
    kept = _sample(3, truncation=factors, keep_truncation=True, key=KEY)
    np.testing.assert_array_equal(kept.truncation, factors)
    np.testing.assert_array_equal(kept.z, _sample(3, truncation=factors, key=KEY).z)
    # As z was drawn in training, so nothing was truncated.
    assert _sample(3, keep_truncation=True, key=KEY).truncation is None


@pytest.mark.parametrize("truncation", [-1.0, np.nan, np.ones(2)])
def test_a_truncation_that_cannot_be_is_refused(truncation):
    with pytest.raises(ValueError, match="truncation"):
        _sample(3, truncation=truncation, key=KEY)


def test_one_label_serves_all_images():
    np.testing.assert_array_equal(_sample(3, class_label=4, key=KEY).class_label, 4)
    labels = np.array([0, 4, 2])
    got = _sample(3, class_label=labels, key=KEY).class_label
    np.testing.assert_array_equal(got, labels)


@pytest.mark.parametrize(
    ("label", "complaint"),
    [
        (5, r"\[5\].*0 to 4"),
        (-1, r"\[-1\]"),
        (np.array([0, 1]), "each of the 3"),
        (1.5, "integers"),
    ],
)
def test_a_label_that_does_not_exist_is_refused(label, complaint):
    with pytest.raises(ValueError, match=complaint):
        _sample(3, class_label=label, key=KEY)


def test_a_label_without_classes_is_refused():
    with pytest.raises(ValueError, match="no classes"):
        sample_latents(3, latent_dim=2, num_classes=0, class_label=1, key=KEY)
    latents = sample_latents(3, latent_dim=2, num_classes=0, key=KEY)
    assert latents.class_label is None
