"""What the page draws against the functions that make it, called one by one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import awareness, metrics, stats
from jgan.images import to_uint8
from jgan.report.awareness.hybrids import mix_classes
from jgan.report.awareness.parts import NUM_CLUSTERS, cut_images
from tests.report.awareness.conftest import GANS

pytestmark = pytest.mark.usefixtures("unoptimized")
_CHOSEN = (4, 0, 2)


@pytest.fixture
def setting(new_key):
    gan = GANS["biggan"]()
    values = awareness.channel_awareness(gan, num_latents=2, key=new_key())
    draw = lambda: gan.sample_latents(
        3, class_label=jnp.asarray(_CHOSEN), key=new_key()
    )
    return gan, values, draw(), draw()


def test_a_hybrid_has_the_input_of_its_row_and_the_reference_of_its_column(setting):
    gan, values, latents, references = setting
    (layer,) = gan.conditional_layers
    found = mix_classes(gan, _CHOSEN, layer, values, latents, references)
    assert found.layers == (layer,)
    one = lambda latents, row: stats.select_latents(latents, jnp.array([row]))
    count = round(0.3 * values[layer].shape[1])
    for row, col in itertools.product(range(3), range(3)):
        want = awareness.hybridize(
            gan,
            one(latents, row),
            one(references, col),
            channels={layer: np.argsort(-values[layer][_CHOSEN[col]])[:count]},
            weight=1.0,
            later=0.5,
        )
        # Programs of other batches round bytes otherwise.
        got = found.images[row, col].astype(int)
        np.testing.assert_allclose(got, to_uint8(want)[0], atol=1)
    for got, of in ((found.inputs, latents), (found.references, references)):
        images, _ = jax.jit(gan.forward)(gan.params, of)
        np.testing.assert_allclose(got.astype(int), to_uint8(images), atol=1)


def test_parts_are_cut_by_all_channels_alike_and_by_awareness(setting, new_key):
    gan, values, latents, _ = setting
    key = new_key()
    found = cut_images(gan, values, latents, key=key)
    cut = lambda weights: np.asarray(
        awareness.segment_images(
            gan, latents, awareness=weights, num_clusters=NUM_CLUSTERS, key=key
        )
    )
    alike, aware = cut(None), cut(values)
    assert (metrics.adjusted_rand_index(alike, aware) < 1).all()
    np.testing.assert_array_equal(found.alike, alike)
    # The same parts under other numbers, so that most pixels have one number in both.
    np.testing.assert_array_equal(metrics.adjusted_rand_index(found.aware, aware), 1)
    shared = lambda labels: np.mean(labels == alike, axis=(1, 2))
    for other in itertools.permutations(range(NUM_CLUSTERS)):
        assert (shared(found.aware) >= shared(np.array(other)[aware])).all()
    want = metrics.adjusted_rand_index(aware, alike)
    np.testing.assert_allclose(found.agreement, want, rtol=1e-12)
    images, _ = jax.jit(gan.forward)(gan.params, latents)
    np.testing.assert_allclose(found.images.astype(int), to_uint8(images), atol=1)
