"""The numbers of the tour against hand-made cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import stats
from jgan.report.page import to_json
from jgan.report.tour import measure
from jgan.report.tour.classes import measured_classes, paired_latents
from jgan.report.tour.observe import observe, unit_maps
from tests.report.conftest import small_gan


@pytest.mark.parametrize(
    ("change", "want"),
    [([1, 1, 1, 1], 0.5), ([9, 1, 1, 1], 0.25), ([0, 0], 0.0), ([5], 1.0)],
)
def test_half_share(change, want):
    assert measure.half_share(np.float32(change)) == want


def test_floats_keep_six_digits_in_json():
    value = {"a": np.float32([0.123456789]), "b": (np.int64(3), 1 / 3)}
    assert to_json(value) == {"a": [0.123457], "b": [3, 0.333333]}


def test_most_active_and_most_variable_units():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(5, 2, 2, 16)).astype(np.float32)
    x[..., 3] += 10  # Always strong.
    x[..., 7] -= 20  # Always strong, below zero.
    x[1, ..., 9] += 6  # Strong in one image.
    statistics = stats.statistics_of(jnp.asarray(x), jnp.ones((5,)))
    found = measure.layer_units(statistics, np.abs(x).mean((1, 2)))
    assert [u.unit for u in found.most_active[:3]] == [7, 3, 9]
    listed = {u.unit for u in found.most_active}
    assert not listed & {u.unit for u in found.most_variable}
    assert found.most_active[2].images[0] == 1
    assert found.most_active[0].active_fraction == 0


def test_observing_and_mapping_do_not_depend_on_the_batch(new_key):
    gan = small_gan("dcgan")
    latents = gan.sample_latents(5, key=new_key())
    _, taps = jax.jit(gan.forward)(gan.params, latents)
    seen = observe(gan, latents, batch_size=2)
    assert len(seen.images) == 5
    maps = unit_maps(
        gan,
        latents,
        {"layer2": [(7, 4), (1, 0), (7, 1)]},
        units_per_layer=3,
        batch_size=2,
    )
    assert set(maps) == {("layer2", 7, 4), ("layer2", 1, 0), ("layer2", 7, 1)}
    for (layer, unit, image), found in maps.items():
        np.testing.assert_allclose(found, taps[layer][image, :, :, unit], atol=1e-5)
    for layer in gan.layers:
        want = np.abs(taps[layer]).mean((1, 2))
        np.testing.assert_allclose(seen.strengths[layer], want, atol=1e-5)


def test_paired_latents_differ_only_in_class(new_key):
    latents = paired_latents(small_gan("dcgan_conditional"), (0, 3), 4, key=new_key())
    np.testing.assert_array_equal(latents.class_label, [0] * 4 + [3] * 4)
    np.testing.assert_array_equal(latents.z[:4], latents.z[4:])


def test_the_channel_of_a_class_is_found_by_measuring():
    means = np.zeros((6, 5), np.float32)
    means[:3, 2], means[3:, 4] = 1.0, 3.0
    classes = measured_classes({"layer1": means}, (0, 7))
    assert [(t.class_label, t.unit) for t in classes.top] == [(0, 2), (7, 4)]
    assert classes.layers["layer1"].channels[:1] == (2,)
