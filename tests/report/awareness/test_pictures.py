"""What the page draws against the functions that make it, called one by one."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

from jgan import awareness, metrics, stats
from jgan.images import to_uint8
from jgan.report.awareness.hybrids import mix_classes
from jgan.report.awareness.maps import painted_parts
from jgan.report.awareness.parts import NUM_CLUSTERS, cut_images
from jgan.report.awareness.structure import compare_classes
from tests.report.awareness.conftest import GANS, NUM_LATENTS, SEED

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


@pytest.fixture
def page(pages):
    """A page, and what it is made of, by the order of its keys."""
    gan = GANS["biggan"]()
    (layer,) = gan.conditional_layers
    keys = jax.random.split(jax.random.key(SEED), 6)
    options = {"estimator": "analytic", "num_latents": NUM_LATENTS, "key": keys[0]}
    values = compare_classes(gan, _CHOSEN, **options).values
    labels = jnp.asarray(_CHOSEN)
    draw = lambda key: gan.sample_latents(3, class_label=labels, key=key)
    latents, references = draw(keys[1]), draw(keys[2])
    hybrids = mix_classes(gan, _CHOSEN, layer, values, latents, references)
    parts = cut_images(gan, values, latents, key=keys[4])
    return pages("biggan") / "pictures", hybrids, parts


def _tiles(file, cols):
    """The images in a picture: 32 pixels fit four times into a tile, gaps are 4."""
    with PIL.Image.open(file) as picture:
        pixels = np.asarray(picture)[:, :, :3]
    rows = (len(pixels) + 4) // 132
    assert pixels.shape == (132 * rows - 4, 132 * cols - 4, 3)
    return [
        [pixels[132 * r :, 132 * c :][:128:4, :128:4].astype(int) for c in range(cols)]
        for r in range(rows)
    ]


def test_hybrids_are_drawn_by_row_and_column(page):
    folder, found, _ = page
    (pair,) = _tiles(folder / "hybrid-0-1.png", 3)
    three = found.inputs[0], found.images[0, 1], found.references[1]
    np.testing.assert_allclose(pair, three, atol=1)
    (_, *heads), *rows = _tiles(folder / "hybrids.png", 4)
    np.testing.assert_allclose(heads, found.references, atol=1)
    for row, (left, *mixed) in enumerate(rows):
        np.testing.assert_allclose(left, found.inputs[row], atol=1)
        np.testing.assert_allclose(mixed, found.images[row], atol=1)
    # Or a picture of another row or column would do.
    mixed = found.images.reshape(9, -1).astype(int)
    for one, other in itertools.combinations(mixed, 2):
        assert np.abs(one - other).max() > 1


def test_parts_are_drawn_beside_their_images(page):
    folder, _, found = page
    for row, label in enumerate(_CHOSEN):
        ((image, alike, aware),) = _tiles(folder / f"parts-{label}.png", 3)
        np.testing.assert_allclose(image, found.images[row], atol=1)
        np.testing.assert_array_equal(alike, painted_parts(found.alike[row]))
        np.testing.assert_array_equal(aware, painted_parts(found.aware[row]))
        assert (found.alike[row] != found.aware[row]).any()
