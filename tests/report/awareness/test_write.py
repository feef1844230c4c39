"""The page as its reader gets it: complete, self-contained, and true to the planted."""

import dataclasses
import html
import re

import jax
import numpy as np
import PIL.Image
import pytest

import jgan
from jgan.images import to_uint8
from tests.report.awareness.conftest import (
    GANS,
    LAYER,
    MANY,
    NAMES,
    SEED,
    bytes_of,
    write_page_of,
)
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("kind", GANS)
def test_everything_the_page_needs_is_in_its_folder(pages, kind):
    Page(pages(kind)).check()


@pytest.mark.parametrize("kind", GANS)
def test_numbers_are_json_without_nan(pages, kind):
    files = {file.name for file in pages(kind).rglob("*.json")}
    method = {"method.json"} if GANS[kind]().conditional_layers else set()
    wanted = {"awareness.json", "edits.json", "classes.json", "totals.json"}
    assert files == wanted | method
    for file in pages(kind).rglob("*.json"):
        assert strict_json(file)


@pytest.mark.parametrize("kind", GANS)
def test_the_code_on_the_page_runs(pages, kind, monkeypatch):
    gan = GANS[kind]()
    # None of them is of the zoo.
    monkeypatch.setattr(jgan, "load", {"path/to/folder": gan}.__getitem__)
    blocks, namespace = Page(pages(kind)).code, {}
    assert len(blocks) == (7 if gan.conditional_layers else 5)
    # The page took its latents for each class; of many, one shows that it runs.
    for block in blocks:
        exec(block, namespace)
    assert namespace["labels"].shape == (2, gan.resolution, gan.resolution)
    assert [*namespace["values"]] == [*(gan.conditional_layers or gan.layers)]


def test_names_are_text(pages):
    page = Page(pages("planted"))
    assert not page.tags & {"hot", "2"}
    assert f"<h1>{html.escape(GANS['planted']().name)}</h1>" in page.text
    for name in (*NAMES[:2], LAYER):
        assert html.escape(name) in page.text
        assert name not in page.text
        assert any(name in alt for alt in page.alts.values())
    assert "class 7" in page.text


def test_the_sections_fit_the_generator(pages):
    ids = {kind: Page(pages(kind)).ids for kind in GANS}
    common = {"findings", "edits", "classes", "parts", "totals", "method"}
    for kind, gan in GANS.items():
        hybrids = {"hybrids"} if gan().conditional_layers else set()
        assert ids[kind] - {None} == common | hybrids
    text = {kind: Page(pages(kind)).text.replace("\n", " ") for kind in GANS}
    assert "no class-conditional layers to read awareness off" in text["measured"]
    assert "and this generator has none" in text["measured"]
    assert "read off the class-conditional normalization" in text["biggan"]
    for kind in GANS:
        assert ("There is no scatter" in text[kind]) == (kind != "planted")
        assert ('class="scatter"' in text[kind]) == (kind == "planted")


def test_the_channels_that_are_planted_are_found(pages):
    edits = strict_json(pages("planted") / "numbers" / "edits.json")
    assert edits["layer"] == LAYER
    owners = {one["channel"]: one["of_classes"] for one in edits["of_classes"]}
    # Three of each class draw its parts.
    assert sorted((label,) for (label,) in owners.values()) == [(0,), (1,), (2,)]
    for channel, (label,) in owners.items():
        assert channel // 3 == label
    for one in edits["of_classes"]:
        assert one["shown"][0] == one["of_classes"][0]
        assert one["effect"][one["of_classes"][0]] == max(one["effect"])
        assert (one["operation"], one["strengths"][2]) == ("multiply", 1)
    found = strict_json(pages("planted") / "awareness.json")
    for top in found["top_channels"]:
        assert (top["layer"], top["channel"] // 3) == (LAYER, top["label"])
    assert found["hybrids"]["layers"] == [LAYER]


def _pixels(file):
    with PIL.Image.open(file) as picture:
        return np.asarray(picture)


def test_an_unedited_image_is_as_the_generator_makes_it(pages):
    gan = GANS["planted"]()
    key = jax.random.split(jax.random.key(SEED), 6)[1]
    latents = gan.sample_latents(3, class_label=jax.numpy.arange(3), key=key)
    images, _ = jax.jit(gan.forward)(gan.params, latents)
    edits = strict_json(pages("planted") / "numbers" / "edits.json")
    for one in edits["of_classes"] + edits["alike"]:
        for label in one["shown"]:
            name = f"channel{one['channel']}-{one['operation']}-class{label}.png"
            strip = _pixels(pages("planted") / "pictures" / name)
            # 16 pixels fit eight times into a tile of 128; gaps are 4 wide.
            assert strip.shape == (128, 5 * 128 + 4 * 4, 4)
            third = strip[:, 264 : 264 + 128, :3]
            want = to_uint8(images[label])
            np.testing.assert_allclose(third[::8, ::8].astype(int), want, atol=1)


def test_a_channel_turned_off_changes_its_class_alone(pages):
    edits = strict_json(pages("planted") / "numbers" / "edits.json")
    for one in edits["of_classes"]:
        own = one["of_classes"][0]
        others = [x for label, x in enumerate(one["effect"]) if label != own]
        # Of a class that does not let it through, only the peaks are left.
        assert one["effect"][own] > 2 * max(others)


def test_many_classes_are_one_picture_a_layer(pages):
    page = Page(pages("many"))
    gan = GANS["many"]()
    for name in gan.layers:
        picture = _pixels(page.folder / "pictures" / f"contrast-{name}.png")
        assert len(picture) == MANY * (800 // MANY)
    side = MANY * (800 // MANY)
    assert _pixels(page.folder / "pictures" / "similarity.png").shape == (side, side, 4)
    # No name beside each row, and no row of a table for each class.
    assert 'class="labeled"' not in page.text
    assert page.text.count("<tr>") < MANY
    assert "The 20 highest and the 20 lowest of 66 classes" in page.text
    found = strict_json(page.folder / "awareness.json")
    assert found["chosen"] == found["of_classes"] == [1, 64]
    assert sorted(found["order"]) == [*range(MANY)]
    assert len(found["total_awareness"]) == MANY
    assert np.shape(found["correlation"]) == (2, 2)


def test_a_row_of_a_heat_map_is_its_class(pages):
    found = strict_json(pages("planted") / "awareness.json")
    contrast = np.array(found["layers"][LAYER]["contrast"])[found["order"]]
    (file,) = (pages("planted") / "pictures").glob("contrast-*.png")
    picture = _pixels(file).astype(int)
    rows, cols = contrast.shape
    cell = picture.shape[0] // rows, picture.shape[1] // cols
    small = picture[:: cell[0], :: cell[1]]
    sign = np.where(small[..., 0] > small[..., 2], 1, -1)
    drawn = 3 * sign * small[..., 3] / 255
    # The columns are the channels in another order.
    for got, want in zip(drawn, contrast, strict=True):
        np.testing.assert_allclose(
            np.sort(got), np.sort(np.clip(want, -3, 3)), atol=3 / 255
        )
    # Those that set a class apart come together, class by class.
    own = [drawn[row].argmax() for row in range(rows)]
    assert own == sorted(own)


def test_performance_is_on_the_page(pages):
    page = Page(pages("planted"))
    assert len([one for one in page.labels if one.startswith("Total awareness")]) == 4
    assert "one of the two does not vary" in page.text
    totals = page.text.split('<section id="totals">')[1].split("</section>")[0]
    assert len(re.findall("<circle ", totals)) == 4 * 3
    found = strict_json(page.folder / "awareness.json")
    assert found["performance"]["frechet_distance"] == [3, 1, 2]
    assert found["correlations"]["recall"]["pearson"] is None
    assert strict_json(pages("measured") / "awareness.json")["performance"] is None


def test_classes_of_one_name_all_have_a_point(tmp_path, monkeypatch):
    gan = dataclasses.replace(GANS["planted"](), class_names=("crane", "crane", "b"))
    monkeypatch.setitem(GANS, "planted", lambda: gan)
    write_page_of("planted", tmp_path)
    totals = Page(tmp_path).text.split('<section id="totals">')[1]
    assert len(re.findall("<circle ", totals)) == 4 * 3


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(pages, tmp_path):
    shares = []
    write_page_of(
        "planted",
        tmp_path / "again",
        progress=lambda doing, share: shares.append((doing, share)),
    )
    assert bytes_of(tmp_path / "again") == bytes_of(pages("planted"))
    assert [share for _, share in shares] == sorted(share for _, share in shares)
    assert shares[-1] == ("done", 1.0)
    write_page_of("planted", tmp_path / "other", seed=SEED + 1)
    assert bytes_of(tmp_path / "other") != bytes_of(pages("planted"))
