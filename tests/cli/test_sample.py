"""`jgan sample`: its picture, against the generator's images, and what it refuses."""

import json
import pathlib

import jax
import numpy as np
import PIL.Image
import pytest

import jgan
from tests.generators import make_gan

SIDE = 16  # Of the images of `make_gan("dcgan_conditional")`.


def _pixels(path):
    with PIL.Image.open(path) as picture:
        return np.asarray(picture)


def test_sample_has_one_row_per_class_and_shares_z_in_columns(run, folder):
    status, out, _ = run("sample", folder, "--classes", "2", "0", "2", "--num", "5")
    assert status == 0
    assert out.startswith("grid.png: 15 images of dcgan_conditional, by row 2, 0, 2.")
    picture, step = _pixels("grid.png"), SIDE + 2
    assert picture.shape == (3 * step + 2, 5 * step + 2, 3)
    rows = [picture[2 + i * step : (i + 1) * step] for i in range(3)]
    np.testing.assert_array_equal(rows[0], rows[2])
    assert np.any(rows[0] != rows[1])


def test_sample_without_classes_is_nearly_square(run, folder):
    assert run("sample", folder, "--num", "7", "--out", "a.png")[0] == 0
    step = SIDE + 2
    assert _pixels("a.png").shape == (3 * step + 2, 3 * step + 2, 3)


def test_sample_shows_the_generators_images(run, folder):
    run("sample", folder, "--classes", "1", "--num", "20", "--truncation", "0.5")
    gan = jgan.load(folder)
    latents = gan.sample_latents(
        20, class_label=1, truncation=0.5, key=jax.random.key(0)
    )
    images, _ = jax.jit(gan.forward)(gan.params, latents)
    last = _pixels("grid.png")[2:-2, -2 - SIDE : -2]
    np.testing.assert_allclose(last / 127.5 - 1, images[-1], atol=1.01 / 255)


def test_sample_repeats_itself_by_seed(run, folder):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run("sample", folder, "--num", "4", "--seed", seed, "--out", f"{name}.png")
    np.testing.assert_array_equal(_pixels("a.png"), _pixels("b.png"))
    assert np.any(_pixels("a.png") != _pixels("c.png"))


def test_sample_takes_all_classes(run, folder):
    _, out, _ = run("sample", folder, "--classes", "all", "--num", "2")
    assert "8 images of dcgan_conditional, by row 0, 1, 2, 3." in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--num", "0"), "--num is 0. Ask for at least one image."),
        (("--num", "1000000000"), "Ask for at most 1048576."),
        (("--truncation", "-0.5"), "--truncation is -0.5"),
        (("--truncation", "nan"), "--truncation is nan"),
        (("--seed", "-1"), "--seed is -1"),
        (("--classes", "cat"), "no class 'cat'. Its classes, by label from 0, are 0, "),
        (("--classes", "4"), "no class '4'"),
        (("--out", "grid.jpg"), "grid.jpg does not end in .png"),
        (("--out", "missing/grid.png"), "There is no folder missing"),
    ],
)
def test_sample_refuses_nonsense(run, folder, options, message):
    status, out, err = run("sample", folder, *options)
    assert (status, out) == (1, "")
    assert err.startswith("jgan: ")
    assert message in err
    assert not list(pathlib.Path().glob("**/*.png"))


def test_classes_of_a_generator_without_are_refused(run, tmp_path):
    jgan.save(make_gan("dcgan"), tmp_path / "plain")
    assert "dcgan has no classes." in run("sample", "plain", "--classes", "0")[2]
    assert run("sample", "plain", "--num", "2")[0] == 0


def test_models_that_cannot_be_loaded_say_why(run, folder, checkpoint):
    assert "Did you mean 'eyes'?" in run("sample", "eyes2")[2]
    assert f"jgan convert {checkpoint} OUT" in run("sample", checkpoint)[2]
    config = pathlib.Path(folder, "config.json")
    config.write_text(json.dumps({"format": 99}))
    status, _, err = run("sample", folder)
    assert status == 1
    assert "config.json" in err
