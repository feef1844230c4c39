"""The shipped network as others use it: shapes, laws, gradients, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.segment import ScoringSegmenter, scenes_network
from jgan.segment.scenes import SceneNetwork
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, sample_scenes
from tests.helpers import unchecked

_read = jax.jit(SceneNetwork.read)


def test_is_a_segmenter_with_scores(network):
    assert isinstance(network, ScoringSegmenter)
    assert network.concepts == CONCEPTS
    assert network.class_names == CLASS_NAMES


def test_every_reading_has_its_shape_and_probabilities_add_up(network, scenes):
    images = scenes.images
    segment, classify, factors, features = (
        jax.jit(method)(network, images)
        for method in (
            SceneNetwork.segment,
            SceneNetwork.classify,
            SceneNetwork.factors,
            SceneNetwork.features,
        )
    )
    scores = _read(network, images).scores
    assert segment.shape == (16, 64, 64)
    assert segment.dtype == jnp.int32
    assert scores.shape == (16, 64, 64, len(CONCEPTS))
    assert classify.shape == (16, len(CLASS_NAMES))
    assert factors.shape == (16, len(network.factor_names))
    assert features.shape == (16, 80)
    np.testing.assert_array_equal(segment, scores.argmax(-1))
    # Float32 sums of at most eleven exponentials.
    np.testing.assert_allclose(jnp.exp(scores).sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(jnp.exp(classify).sum(-1), 1, atol=1e-5)


def test_features_are_no_constants_and_finite(network, scenes):
    features = np.asarray(_read(network, scenes.images).features)
    assert np.isfinite(features).all()
    # Of 80 units a few may never be active; most tell these scenes apart.
    assert (features.std(axis=0) > 1e-3).mean() > 0.5


def test_reads_the_same_twice_and_after_loading_again(network, scenes):
    first = _read(network, scenes.images)
    second = _read(scenes_network(), scenes.images)
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_an_image_is_read_alone(network, scenes):
    reading = _read(network, scenes.images)
    other = scenes.images.at[1:].set(-scenes.images[1:])
    again = _read(network, other)
    # The same compiled shapes: the sums of an image are the same, in the same order.
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[0], b[0]), reading, again)


def test_the_gradient_of_a_score_is_its_slope(network, scenes):
    image = scenes.images[:1]
    pixels = (scenes.segmentation[0] == CONCEPTS.index("sky")).astype(jnp.float32)

    @jax.jit
    def sky(x):
        scores = network.scores(x)[0, :, :, CONCEPTS.index("sky")]
        return jnp.sum(jnp.exp(scores) * (1 - pixels)) / 100

    gradient = jax.jit(jax.grad(sky))(image)
    # Along the gradient, where the slope is steepest and rounding matters least.
    direction = gradient / jnp.linalg.norm(gradient)
    step = 1e-2
    slope = (sky(image + step * direction) - sky(image - step * direction)) / (2 * step)
    # ReLUs switch within the step, and the curve bends.
    np.testing.assert_allclose(slope, jnp.linalg.norm(gradient), rtol=0.15)


def test_half_precision_images_are_read_in_float32(network, scenes):
    half = scenes.images[:2].astype(jnp.bfloat16)
    reading = network.read(half)
    assert all(part.dtype == jnp.float32 for part in reading)


@pytest.mark.slow  # Compiles the renderer at another size.
def test_small_images_are_read_as_well(network, scenes):
    small = sample_scenes(16, resolution=32, key=jax.random.key(7))
    reading = _read(network, small.images)
    assert reading.scores.shape == (16, 32, 32, len(CONCEPTS))
    np.testing.assert_allclose(jnp.exp(reading.scores).sum(-1), 1, atol=1e-5)
    # At the scale of 32 pixels, without being enlarged, it would be 0.93.
    assert (reading.scores.argmax(-1) == small.segmentation).mean() > 0.97
    # The same scenes at 64 pixels: the same classes, and the horizon in the same units.
    large = _read(network, scenes.images)
    np.testing.assert_array_equal(
        reading.class_scores.argmax(-1), large.class_scores.argmax(-1)
    )
    horizon = network.factor_names.index("horizon")
    # Half a small pixel is 0.34 of the horizon's deviation; the reading errs as well.
    np.testing.assert_allclose(
        reading.factors[:, horizon], large.factors[:, horizon], atol=0.6
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 60, 64, 3), np.float32), "multiples of 8"),
        (np.zeros((0, 64, 64, 3), np.float32), "at least one image"),
        (np.zeros((64, 64, 3), np.float32), r"shape \(64, 64, 3\)"),
        (np.zeros((1, 3, 64, 64), np.float32), r"shape \(1, 3, 64, 64\)"),
        (np.zeros((1, 64, 64, 3), np.uint8), "uint8"),
    ],
)
def test_what_is_no_image_is_refused(network, images, message):
    with pytest.raises(ValueError, match=message):
        unchecked(SceneNetwork.read)(network, jnp.asarray(images))


def test_the_shipped_file_is_small(network):
    leaves = jax.tree.leaves(network)
    assert all(leaf.dtype == jnp.float32 for leaf in leaves)
    assert sum(leaf.size for leaf in leaves) <= 500_000
