"""The page of tensor components: complete, and true to a generator that is known."""

import dataclasses
import functools
import html

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

import jgan
from jgan.images import to_uint8
from jgan.report import write_components
from jgan.report.components.find import default_target
from jgan.report.components.write import default_layer
from tests.components import colored_blob
from tests.generators import make_gan
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")

_NAME = "<b>blobs & 'co'</b>"
_SEED = 3


class _Reader:
    """Of the blobs: two colors and two places, whose names need escaping."""

    style = ("red & <hot>", "green")
    geometry = ("row", "col")

    def read(self, images):
        return jnp.asarray(colored_blob.attributes(images), jnp.float32)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    gan = dataclasses.replace(colored_blob.blob_gan(), name=_NAME)

    @functools.cache
    def write(compared):
        folder = tmp_path_factory.mktemp("pages") / "page"
        told = []
        page = write_components(
            gan,
            folder,
            reader=_Reader() if compared else None,
            num_images=300,
            seed=_SEED,
            progress=lambda doing, share: told.append(share),
        )
        assert page == folder / "index.html"
        assert told == sorted(told)
        assert (told[0], told[-1]) == (0, 1)
        return folder

    return write


@pytest.mark.parametrize("compared", [True, False])
def test_everything_the_page_needs_is_in_its_folder(pages, compared):
    page = Page(pages(compared))
    page.check()
    assert ("leakage" in page.ids) == compared
    assert f"<h1>{html.escape(_NAME)}</h1>" in page.text
    assert not page.tags & {"hot"}
    for file in pages(compared).rglob("*.json"):
        assert strict_json(file)


def test_numbers_are_those_of_the_generator(pages):
    found = strict_json(pages(True) / "components.json")
    # All of its latent moves the layer, and linearly.
    assert found["r_squared"] > 0.999
    assert (found["layer"], found["target"]) == ("layer", "z")
    for values in found["spectra"].values():
        assert values == sorted(values, reverse=True)
    methods = found["leakage"]["methods"]
    assert methods["tensor"]["mod"] < 0.1
    assert methods["tensor"]["separation"] > 0.9
    assert methods["random"]["mod"] > methods["tensor"]["mod"]
    text = Page(pages(True)).text
    assert f"{methods['tensor']['mod']:.2f}" in text
    assert "100% of the variance" in text


def test_the_code_on_the_page_runs(pages, monkeypatch):
    gan = colored_blob.blob_gan()
    monkeypatch.setattr(jgan, "load", {"path/to/folder": gan}.__getitem__)
    (block,) = Page(pages(False)).code
    namespace = {}
    exec(block, namespace)
    assert {"tensor", "pca", "random"} <= {*namespace["methods"].directions}


def test_images_in_the_middle_are_as_the_generator_makes_them(pages):
    gan = colored_blob.blob_gan()
    key = jax.random.split(jax.random.key(_SEED), 4)[2]
    latents = gan.sample_latents(2, key=key)
    want = to_uint8(gan.forward(gan.params, latents, None)[0])
    with PIL.Image.open(pages(False) / "pictures" / "unit1.png") as picture:
        sheet = np.asarray(picture)[:, :, :3].astype(int)
    # 32 pixels fit four times into a tile of 128; gaps are 4 wide.
    assert sheet.shape[:2] == (2 * 128 + 4, 5 * 128 + 4 * 4)
    for row in range(2):
        tile = sheet[row * 132 : row * 132 + 128, 264 : 264 + 128]
        np.testing.assert_allclose(tile[::4, ::4], want[row], atol=1)
        other = sheet[row * 132 : row * 132 + 128, :128]
        assert abs(other - tile).max() > 20


def test_layers_and_latents_that_are_taken_by_default():
    assert default_layer(make_gan("progan")) == "layer2"
    assert default_layer(make_gan("stylegan2")) == "b4.conv1"
    assert default_layer(make_gan("dcgan")) == "layer1"
    assert default_target(make_gan("stylegan2")) == "w"
    assert default_target(make_gan("progan")) == "z"
    gan = colored_blob.blob_gan()
    flat = dataclasses.replace(
        gan, layers={"layer": gan.layers["layer"]._replace(rows=1, cols=1)}
    )
    with pytest.raises(ValueError, match="No layer of blobs has more than one pixel"):
        default_layer(flat)


def test_a_page_is_replaced_and_anything_else_is_not(pages, tmp_path):
    gan = colored_blob.blob_gan()
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not a components page"):
        write_components(gan, tmp_path, num_images=300)
    with pytest.raises(ValueError, match="no layer 'other'"):
        write_components(gan, tmp_path / "new", layer="other", num_images=300)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    before = (pages(False) / "components.json").read_text()
    write_components(gan, pages(False), num_images=200, seed=_SEED)
    assert (pages(False) / "components.json").read_text() != before
