"""The page of an EigenGAN: complete, and true to a generator that is known."""

import dataclasses
import html

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

import jgan
from jgan import eigengan
from jgan.images import to_uint8
from jgan.report import write_eigengan
from tests.eigengan.tiny import untrained
from tests.generators import make_gan
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")

_NAME = "<b>dims & 'co'</b>"
_SEED = 3


class _Reader:
    """Mean colors; the last is never read."""

    style = ("red & <hot>", "green")
    geometry = ("blue", "never")

    def read(self, images):
        means = images.mean(axis=(1, 2))
        return jnp.concatenate([means, jnp.full((len(means), 1), jnp.nan)], axis=1)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    gan = dataclasses.replace(untrained(), name=_NAME)
    folders = {}
    for name, reader in (("read", _Reader()), ("unread", None)):
        folder = tmp_path_factory.mktemp("pages") / name
        told = []
        page = write_eigengan(
            gan,
            folder,
            reader=reader,
            num_images=200,
            seed=_SEED,
            progress=lambda doing, share, told=told: told.append(share),
        )
        assert page == folder / "index.html"
        assert told == sorted(told)
        assert told[-1] == 1
        folders[name] = folder
    return folders


@pytest.mark.parametrize("name", ["read", "unread"])
def test_everything_the_page_needs_is_in_its_folder(pages, name):
    page = Page(pages[name])
    page.check()
    assert ("attributes" in page.ids) == (name == "read")
    assert f"<h1>{html.escape(_NAME)}</h1>" in page.text
    assert not page.tags & {"hot"}
    for file in pages[name].rglob("*.json"):
        assert strict_json(file)


def test_numbers_are_those_of_the_generator(pages):
    found = strict_json(pages["read"] / "eigengan.json")
    gan = untrained()
    want = eigengan.dimensions(gan)
    assert [d["name"] for d in found["dimensions"]] == [d.name for d in want]
    np.testing.assert_allclose(
        [d["importance"] for d in found["dimensions"]], [d.importance for d in want]
    )
    assert len(found["layer_effects"]) == 2
    attributes = found["attributes"]
    assert np.shape(attributes["correlation"]) == (5, 4)
    # What cannot be read has no number.
    assert [row[3] for row in attributes["correlation"]] == [None] * 5
    assert attributes["gaps"][3] is None
    assert np.isfinite(attributes["gap"])


def test_a_sheet_walks_along_its_dimension(pages):
    gan = untrained()
    key = jax.random.split(jax.random.key(_SEED), 4)[1]
    latents = gan.sample_latents(3, truncation=1.5, key=key)
    z = latents.z.at[0].set(0.0).at[:, 4].set(4.5)
    eps = latents.eps.at[0].set(0.0)
    want = to_uint8(gan.forward(gan.params, latents._replace(z=z, eps=eps))[0])
    with PIL.Image.open(pages["unread"] / "pictures" / "dimension4.png") as picture:
        sheet = np.asarray(picture)[:, :, :3].astype(int)
    # 16 pixels fit eight times into a tile of 128; gaps are 4 wide.
    assert sheet.shape[:2] == (3 * 128 + 2 * 4, 9 * 128 + 8 * 4)
    for row in range(3):
        tile = sheet[row * 132 : row * 132 + 128, 8 * 132 : 8 * 132 + 128]
        np.testing.assert_allclose(tile[::8, ::8], want[row], atol=1)


def test_the_code_on_the_page_runs(pages, monkeypatch):
    monkeypatch.setattr(jgan, "load", {"path/to/folder": untrained()}.__getitem__)
    (block,) = Page(pages["unread"]).code
    namespace = {}
    exec(block, namespace)
    assert namespace["images"].shape == (1, 17, 4, 16, 16, 3)


def test_other_families_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="dcgan is a dcgan; only an EigenGAN"):
        write_eigengan(make_gan("dcgan"), tmp_path / "page")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="is not a page of an EigenGAN"):
        write_eigengan(untrained(), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
