"""How images are prepared for EfficientNet, against Pillow's resizing."""

import jax
import numpy as np
import PIL.Image
import pytest

from jgan.models import efficientnet


def _by_pillow(image):
    channels = [
        PIL.Image.fromarray(image[..., c]).resize(
            (224, 224), PIL.Image.Resampling.BICUBIC
        )
        for c in range(3)
    ]
    return np.clip(np.stack([np.asarray(c) for c in channels], axis=-1), -1, 1)


@pytest.mark.parametrize("size", [(224, 224), (64, 64), (500, 300), (100, 448)])
def test_images_are_resized_as_pillow_does(size):
    rng = np.random.default_rng(size)
    image = rng.uniform(-1, 1, (*size, 3)).astype(np.float32)
    (got,) = jax.jit(efficientnet.prepare)(image[None])
    want = ((_by_pillow(image) + 1) * 127.5 - 127) / 128
    # Places up to 500 are known to 3e-5 in float32, and so are the filter's weights.
    np.testing.assert_allclose(got, want, rtol=0, atol=5e-5)


def test_black_and_white_are_bytes_0_and_255_normalized():
    images = np.stack([np.full((8, 8, 3), v, np.float32) for v in (-1, 1)])
    black, white = jax.jit(efficientnet.prepare)(images)
    np.testing.assert_allclose(black, -127 / 128, rtol=1e-6)
    np.testing.assert_allclose(white, 1, rtol=1e-6)
    half = jax.jit(efficientnet.prepare)(images.astype(jax.numpy.bfloat16))
    np.testing.assert_array_equal(half, [black, white])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 8, 8, 3), np.uint8), "uint8 with 3 channels; give RGB as floats"),
        (np.zeros((1, 8, 8, 1), np.float32), "float32 with 1 channels"),
    ],
)
def test_what_is_not_rgb_in_floats_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        efficientnet.prepare(images)
