"""`jgan invert`: the picture, the latents beside it, and what it refuses."""

import pathlib

import jax
import numpy as np
import PIL.Image
import pytest

import jgan

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.fixture
def photo(tmp_path):
    draw = np.random.default_rng(0)
    path = tmp_path / "photo.png"
    PIL.Image.fromarray(draw.integers(0, 256, (40, 60, 3), np.uint8)).save(path)
    return path


def test_the_image_and_its_inversion_are_side_by_side(run, folder, photo):
    options = ("--steps", "5", "--restarts", "2", "--out", "found.png")
    status, out, _ = run("invert", folder, photo, *options)
    assert status == 0
    assert out.startswith("found.png: ")
    assert out.endswith(" dB. The latents are in found.npz.\n")
    gan = jgan.load(folder)
    side = gan.resolution
    with PIL.Image.open("found.png") as picture:
        assert picture.size == (2 * side + 6, side + 4)
        shown = np.asarray(picture)[2 : side + 2, side + 4 : 2 * side + 4].astype(int)
    with np.load("found.npz") as arrays:
        assert {*arrays} == {"z", "class_label"}
        latents = gan.sample_latents(1, key=jax.random.key(0))
        latents = latents._replace(**arrays)
    images, _ = gan.forward(gan.params, latents)
    want = jgan.images.to_uint8(np.asarray(images))[0]
    np.testing.assert_allclose(shown, want, atol=1)


def test_what_cannot_be_inverted_is_refused(run, folder, photo):
    pathlib.Path("text.png").write_text("no image")
    for options, message in (
        (("text.png",), "cannot be read as an image"),
        ((photo, "--steps", "0"), "num_steps is 0"),
        ((photo, "--target", "w"), "no tap 'w'"),
        ((photo, "--out", "found.jpg"), "does not end in .png"),
        ((photo, "--seed", "-1"), "--seed is -1"),
    ):
        status, out, errors = run("invert", folder, *options)
        assert (status, out) == (1, "")
        assert message in errors
