"""The page as its reader gets it: complete, self-contained, reproducible."""

import dataclasses
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

import jgan
from jgan.report import write_tour
from jgan.report.page import loading
from tests.report.conftest import KINDS, small_gan
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("kind", KINDS)
def test_everything_the_page_needs_is_in_its_folder(tours, kind):
    Page(tours(kind)).check()


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_json_without_nan(tours, kind):
    files = list((tours(kind) / "numbers").iterdir())
    assert len(files) == (4 if kind == "dcgan" else 5)
    for file in files:
        assert strict_json(file)


@pytest.mark.parametrize("kind", ["biggan", "dcgan_conditional"])
def test_the_code_on_the_page_runs(tours, kind, monkeypatch):
    blocks = Page(tours(kind)).code
    assert len(blocks) == 5
    monkeypatch.setattr(jgan, "load", {"path/to/folder": small_gan(kind)}.__getitem__)
    namespace = {}
    for block in blocks:
        exec(block, namespace)
    assert namespace["after"].shape == namespace["images"].shape


def test_a_generator_of_the_zoo_is_loaded_by_its_name():
    gan = dataclasses.replace(small_gan("dcgan"), name="scenes64")
    assert loading(gan) == "gan = jgan.load('scenes64')"


def test_the_page_says_what_kind_of_generator_it_is(tours):
    text = {kind: (tours(kind) / "index.html").read_text("utf-8") for kind in KINDS}
    assert "This generator has no classes" in text["dcgan"]
    assert "measured counterpart" in text["dcgan_conditional"]
    assert "jgan reconstruction" in text["biggan"]
    assert "<h1>&lt;b&gt;big &amp; gan&lt;/b&gt;</h1>" in text["biggan"]


def test_pictures_show_what_the_generator_makes(tours):
    gan = small_gan("dcgan")
    key, _, _ = jax.random.split(jax.random.key(0), 3)
    images, _ = jax.jit(gan.forward)(gan.params, gan.sample_latents(32, key=key))
    picture = np.asarray(PIL.Image.open(tours("dcgan") / "pictures" / "samples.png"))
    # 32 pixels fit four times into a tile of 128; eight tiles and seven gaps of 4.
    assert picture.shape == (4 * 128 + 3 * 4, 8 * 128 + 7 * 4, 4)
    tile = picture[132 : 132 + 128, 264 : 264 + 128, :3]
    want = jgan.images.to_uint8(images[8 + 2])
    np.testing.assert_allclose(tile[::4, ::4], want, atol=1)
    np.testing.assert_array_equal(tile[1::4, 3::4], tile[::4, ::4])
    assert (picture[:128, 128:132, 3] == 0).all()


def test_the_same_seed_writes_the_same_bytes(tours, tmp_path):
    folder = tours("dcgan_conditional")
    again = write_tour(small_gan("dcgan_conditional"), tmp_path / "b", num_images=6)
    for file in [*(folder / "numbers").iterdir(), folder / "index.html"]:
        other = again.parent / file.relative_to(folder)
        assert file.read_bytes() == other.read_bytes()


def test_a_tour_is_replaced_and_anything_else_is_not(tours, tmp_path):
    gan = small_gan("dcgan")
    # One layer is enough here, and a generator may offer as few as it likes.
    layers = {"layer3": gan.layers["layer3"]}
    gan = dataclasses.replace(gan, name="one layer", layers=layers)
    old = tmp_path / "old"
    old.mkdir()
    (old / "index.html").write_text('<meta name="generator" content="jgan tour">')
    (old / "stale").touch()
    seen = []
    page = write_tour(gan, old, num_images=2, progress=lambda *args: seen.append(args))
    assert page == old / "index.html"
    assert not (old / "stale").exists()
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    diary = tmp_path / "diary"
    diary.mkdir()
    (diary / "index.html").write_text("My diary")
    with pytest.raises(FileExistsError, match="diary exists and is not a tour"):
        write_tour(gan, diary)
    assert (diary / "index.html").read_text() == "My diary"
    with pytest.raises(FileExistsError):
        write_tour(gan, diary / "index.html")


def test_a_failed_tour_leaves_nothing_behind(tmp_path):
    gan = small_gan("dcgan")
    params = jax.tree.map(lambda x: x, gan.params)
    norm = params["params"]["norm2"]
    norm["gain"] = jnp.full_like(norm["gain"], jnp.nan)
    with pytest.raises(ValueError, match="'layer2' is not finite in batch 0"):
        write_tour(dataclasses.replace(gan, params=params), tmp_path / "tour")
    assert not list(pathlib.Path(tmp_path).iterdir())
