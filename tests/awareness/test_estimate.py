"""Measured awareness against a plain mean, and the three estimators behind one name."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jgan
from jgan import awareness
from tests.generators import make_gan
from tests.helpers import unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("kind", ["biggan", "dcgan_conditional"])
def test_measured_awareness_is_the_mean_of_the_class(kind, new_key):
    gan, key = make_gan(kind), new_key()
    # Three images in batches of two: the last is half padding.
    got = awareness.empirical_awareness(gan, num_latents=3, batch_size=2, key=key)
    assert [*got] == [*(gan.conditional_layers or gan.layers)]
    for label in range(gan.num_classes):
        latents = gan.sample_latents(3, class_label=label, key=key)
        _, taps = jax.jit(gan.forward)(gan.params, latents)
        for name, values in got.items():
            assert values.shape == (gan.num_classes, gan.layers[name].units)
            want = np.asarray(taps[name], np.float64).mean(axis=(0, 1, 2))
            # Sums of float32 in another order.
            np.testing.assert_allclose(values[label], want, rtol=1e-5, atol=1e-6)


def test_the_eyes_are_measured_and_have_nothing_to_read_off():
    gan, options = jgan.load("eyes"), {"num_latents": 1, "key": jax.random.key(0)}
    found = awareness.channel_awareness(gan, estimator="empirical", **options)
    shapes = {name: values.shape for name, values in found.items()}
    assert shapes == {name: (8, layer.units) for name, layer in gan.layers.items()}
    # No two classes are alike in all layers.
    rows = np.concatenate([*found.values()], axis=1)
    assert len(np.unique(rows, axis=0)) == 8
    with pytest.raises(ValueError, match="eyes has no class-conditional normalization"):
        awareness.channel_awareness(gan, estimator="analytic", **options)


def test_layers_may_be_chosen(new_key):
    gan = make_gan("biggan")
    got = awareness.empirical_awareness(
        gan, ["linear"], num_latents=1, batch_size=1, key=new_key()
    )
    assert [*got] == ["linear"]


def test_every_estimator_has_the_same_layers_and_its_own_meaning(new_key):
    gan, key = make_gan("biggan"), new_key()
    found = {
        name: awareness.channel_awareness(gan, estimator=name, num_latents=4, key=key)
        for name in ("analytic", "empirical", "active_fraction")
    }
    for values in found.values():
        assert [*values] == [*gan.conditional_layers]
    for layer, share in found["active_fraction"].items():
        assert ((share >= 0) & (share <= 1)).all()
        gain, bias = _factors(gan, layer, 4, key)
        want = awareness.rectified_normal_share(gain, bias)
        want = np.asarray(want).reshape(gan.num_classes, 4, -1).mean(axis=1)
        np.testing.assert_allclose(share, want, rtol=1e-5, atol=1e-6)


def _factors(gan, layer, num_latents, key):
    parts = []
    for label in range(gan.num_classes):
        latents = gan.sample_latents(num_latents, class_label=label, key=key)
        _, taps = jax.jit(gan.forward)(gan.params, latents)
        parts.append((taps[f"{layer}.gain"], taps[f"{layer}.bias"]))
    return map(jnp.concatenate, zip(*parts, strict=True))


def test_a_generator_without_factors_can_be_measured_only(new_key):
    gan, key = make_gan("dcgan_conditional"), new_key()
    for estimator in ("analytic", "active_fraction"):
        with pytest.raises(ValueError, match="Measure its classes.*'empirical'"):
            awareness.channel_awareness(
                gan, estimator=estimator, num_latents=1, key=key
            )
    got = awareness.channel_awareness(
        gan, estimator="empirical", num_latents=2, key=key
    )
    assert all(len(values) == gan.num_classes for values in got.values())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"num_latents": 0}, "num_latents is 0"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"layers": ("block9",)}, "no layer 'block9'"),
    ],
)
def test_what_cannot_be_measured_is_refused(change, complaint, new_key):
    options = {"num_latents": 1, "batch_size": 1, "key": new_key()} | change
    with pytest.raises(ValueError, match=complaint):
        awareness.empirical_awareness(make_gan("biggan"), **options)


def test_infinite_activations_and_missing_classes_are_refused(new_key):
    gan, options = make_gan("biggan"), {"num_latents": 1, "key": new_key()}
    broken = jax.tree.map(lambda x: jnp.full_like(x, jnp.nan), gan.params)
    with pytest.raises(ValueError, match=r"block0\.act1.* is not finite in batch 0"):
        awareness.channel_awareness(
            dataclasses.replace(gan, params=broken), estimator="empirical", **options
        )
    with pytest.raises(ValueError, match="no classes to compare"):
        awareness.channel_awareness(make_gan("dcgan"), estimator="empirical", **options)
    with pytest.raises(ValueError, match="estimator is 'emprical'; give analytic"):
        unchecked(awareness.channel_awareness)(gan, estimator="emprical", **options)


def test_the_gap_of_two_estimates():
    one = {"a": np.float32([[1, 2], [3, 6]]), "b": np.ones((2, 2), np.float32)}
    other = {"a": np.float32([[2, 2], [3, 5]]), "b": np.ones((2, 2), np.float32)}
    gaps = awareness.estimate_gaps(one, other)
    assert gaps["a"].relative == pytest.approx(2 / 12)
    want = np.corrcoef([1, 2, 3, 6], [2, 2, 3, 5])[0, 1]
    assert gaps["a"].correlation == pytest.approx(want)
    assert gaps["b"].relative == 0
    assert np.isnan(gaps["b"].correlation)
    turned = {name: other[name] for name in ("b", "a")}
    assert awareness.estimate_gaps(one, turned)["a"] == gaps["a"]
    with pytest.raises(ValueError, match=r"a has shapes \(2, 3\) and \(3, 2\)"):
        unchecked(awareness.estimate_gaps)(
            one | {"a": np.ones((2, 3))}, other | {"a": np.ones((3, 2))}
        )
    with pytest.raises(ValueError, match="layers a, b, the other a; give the same"):
        awareness.estimate_gaps(one, {"a": other["a"]})
