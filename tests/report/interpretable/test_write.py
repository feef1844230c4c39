"""The page of groups: complete, and with the numbers of both generators."""

import dataclasses
import html
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.interpretable import (
    EnergyConfig,
    Learned,
    Scale,
    describe_units,
    initial_energy,
    partition_units,
)
from jgan.models import energy
from jgan.report import write_interpretable
from jgan.worlds import ScenesWorld
from tests.generators import make_gan
from tests.report.interpretable.test_faces import FirstChannel
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")

_NAME = "<b>groups & 'co'</b>"
_LAYER, _GROUPS, _SEED = "block0", 3, 5


class _Halves:
    """Two concepts: what is bright, and what is not."""

    concepts = ("bright & <hot>", "dark")

    def segment(self, images):
        return jnp.where(images.mean(axis=3) > 0, 0, 1)


class _Faces:
    """All of a face but its uppermost row."""

    concepts = ("face", "background")

    def segment(self, images):
        rows = jnp.arange(images.shape[1])[None, :, None]
        return jnp.broadcast_to(jnp.where(rows, 0, 1), images.shape[:-1])


def _means(images):
    return images.mean(axis=(1, 2))


@pytest.fixture(scope="module")
def gans():
    before = make_gan("biggan")
    after = dataclasses.replace(make_gan("biggan", seed=1), name=_NAME)
    return after, before


@pytest.fixture(scope="module")
def pages(tmp_path_factory, gans):
    folders = {}
    for name, options in (
        ("named", {"segmenter": _Halves(), "features": _means}),
        ("plain", {}),
        (
            "faces",
            {
                "segmenter": _Faces(),
                "identity": FirstChannel(pathlib.Path()),
                "world": ScenesWorld(),
            },
        ),
    ):
        folder = tmp_path_factory.mktemp("pages") / name
        told = []
        page = write_interpretable(
            *gans,
            folder,
            layer=_LAYER,
            num_groups=_GROUPS,
            num_images=100,
            seed=_SEED,
            progress=lambda doing, share, told=told: told.append(share),
            **options,
        )
        assert page == folder / "index.html"
        assert told == sorted(told)
        assert told[-1] == 1
        folders[name] = folder
    return folders


@pytest.mark.parametrize("name", ["named", "plain", "faces"])
def test_everything_the_page_needs_is_in_its_folder(pages, name):
    page = Page(pages[name])
    page.check()
    assert {"findings", "groups", "swaps"} <= set(page.ids)
    assert f"<h1>{html.escape(_NAME)}</h1>" in page.text
    assert not page.tags & {"hot"}
    for file in pages[name].rglob("*.json"):
        assert strict_json(file)


def test_numbers_are_of_the_partition_that_a_user_finds(pages, gans):
    found = strict_json(pages["named"] / "interpretable.json")
    keys = jax.random.split(jax.random.key(_SEED), 8)
    units = describe_units(gans[0], _LAYER, num_images=512, batch_size=8, key=keys[0])
    groups = partition_units(units, num_groups=_GROUPS, key=keys[1]).groups
    for group in found["groups"]:
        np.testing.assert_array_equal(
            group["units"], np.flatnonzero(groups == group["group"])
        )
        assert set(group["after"]["concept_iou"]) == set(_Halves.concepts)
    for side in ("before", "after"):
        assert 0 <= found[side]["within"] <= 1
        assert found[side]["frechet_distance"] > 0
        # Of pairs of images that are more alike.
        assert found[side]["class_locality"] > 0
        assert found[side]["class_locality"] != found[side]["locality"]
    # There are no data, and the reals are those of the generator before.
    said = "other images of the generator before"
    assert found["compared_with"] == said
    assert f"distance to {said}" in Page(pages["named"]).text
    faces = strict_json(pages["faces"] / "interpretable.json")
    assert faces["compared_with"] == "real images"
    assert found["before"]["frechet_distance"] < found["after"]["frechet_distance"]
    assert found["energy_gap"] is None
    assert [one["num_groups"] for one in found["fineness"]] == [6, 8, 12]
    for one in found["fineness"]:
        assert -1 <= one["silhouette"] <= 1
        assert 0 < one["area"] < 1
    assert "fineness" in Page(pages["named"]).ids
    plain = strict_json(pages["plain"] / "interpretable.json")
    assert plain["after"]["frechet_distance"] is None
    assert plain["after"]["within"] == found["after"]["within"]


def test_faces_are_told_apart_where_there_are_some(pages):
    found = strict_json(pages["faces"] / "interpretable.json")["faces"]
    assert found["groups"] == [*range(_GROUPS)]
    for side in ("before", "after"):
        swapped = found[side]["swapped"]
        assert 0 <= swapped["low"] <= swapped["rate"] <= swapped["high"] <= 1
        assert swapped["num_pairs"] == 256
    # Of all groups nothing is left of the other image but what goes around the layer.
    assert found["after"]["swapped"]["rate"] > found["after"]["unchanged"]["rate"]
    page = Page(pages["faces"])
    assert "faces" in page.ids
    rate = found["after"]["swapped"]["rate"]
    assert f"<td>{rate:.0%} (" in page.text
    # All units are swapped already.
    assert found["after"]["random"] is None
    assert "<td>–</td>" in page.text
    assert strict_json(pages["named"] / "interpretable.json")["faces"] is None
    assert "faces" not in Page(pages["named"]).ids


def test_a_partition_that_is_given_is_shown(gans, tmp_path):
    units = describe_units(gans[0], _LAYER, num_images=16, key=jax.random.key(0))
    partition = partition_units(units, num_groups=_GROUPS, key=jax.random.key(1))
    # Others than any fit would find.
    numbers = np.arange(len(partition.groups)) % _GROUPS
    partition = partition._replace(groups=numbers)
    config = EnergyConfig(network=energy.Config(width=4, hidden=4))
    size = gans[1].layers[_LAYER]
    scale = Scale(jnp.zeros(size.units), jnp.ones(size.units))
    shape = size.rows, size.cols, size.units
    state = initial_energy(config, shape, key=jax.random.key(2))
    learned = Learned(partition, config, state.params, scale, "")
    options = {"layer": _LAYER, "num_groups": _GROUPS, "num_images": 50}
    write_interpretable(*gans, tmp_path / "page", learned=learned, **options)
    found = strict_json(tmp_path / "page" / "interpretable.json")
    for group in found["groups"]:
        np.testing.assert_array_equal(
            group["units"], np.flatnonzero(numbers == group["group"])
        )
    page = Page(tmp_path / "page")
    assert "interpretable.load_learned(" in page.text
    # Of a model that has learned nothing.
    assert found["energy_gap"]["noisy"] == 1
    assert f"in {found['energy_gap']['mixed']:.0%} of images where" in page.text
    fewer = learned._replace(partition=partition._replace(groups=numbers[:5]))
    with pytest.raises(ValueError, match="has 5 units, and layer"):
        write_interpretable(*gans, tmp_path / "no", learned=fewer, **options)
    for change in ({"layer": "block1"}, {"num_groups": 4}):
        with pytest.raises(ValueError, match="partition is of layer 'block0' into 3 g"):
            write_interpretable(
                *gans, tmp_path / "no", learned=learned, **options | change
            )
    assert not (tmp_path / "no").exists()


def test_what_does_not_fit_is_refused(gans, tmp_path):
    with pytest.raises(ValueError, match="no layer 'other'"):
        write_interpretable(*gans, tmp_path / "page", layer="other", num_groups=3)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note").write_text("keep")
    with pytest.raises(FileExistsError, match="is not a page of groups"):
        write_interpretable(*gans, tmp_path / "mine", layer=_LAYER, num_groups=3)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
