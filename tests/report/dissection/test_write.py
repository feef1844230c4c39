"""The page as its reader gets it: complete, self-contained, and true to the planted."""

import html
import re
import urllib.parse

import jax
import numpy as np
import PIL.Image
import pytest

import jgan
from jgan import dissect, stats
from jgan.images import to_uint8
from jgan.report.dissection import sections
from jgan.report.dissection.causes import ConceptCauses, concept_causes
from jgan.report.page import Files
from jgan.segment import FaceParts, scenes_network
from tests.report.dissection.conftest import NUM_IMAGES, OPTIONS, SEED, dissect_sparks
from tests.report.dissection.planted import (
    CONCEPTS,
    DEAD,
    DECOY,
    DRAWS_GREEN,
    DRAWS_RED,
    FAINT,
    GREEN,
    LATE,
    NEVER,
    RED,
    SCORED,
    sparks_gan,
)
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("kind", OPTIONS)
def test_everything_the_page_needs_is_in_its_folder(dissections, kind):
    Page(dissections(kind)).check()


@pytest.mark.parametrize("kind", OPTIONS)
def test_numbers_are_json_without_nan(dissections, kind):
    files = [*dissections(kind).rglob("*.json")]
    # All of it, layers, each of two concepts, and contexts.
    assert len(files) == {"scored": 5, "labels_only": 4, "nameless": 2}[kind]
    for file in files:
        assert strict_json(file)


def test_names_are_text(dissections):
    page = Page(dissections("scored"))
    assert not page.tags & {"hot", "2"}
    assert f"<h1>{html.escape(sparks_gan().name)}</h1>" in page.text
    for name in (RED, GREEN, LATE, sparks_gan().name):
        assert html.escape(name) in page.text
        assert name not in page.text
    # What only a reader of the screen gets.
    for name in (RED, GREEN):
        alt = f"Images before and after turning off the units of {name}"
        assert alt in page.alts.values()
        label = f"Share of {name} pixels removed as units are turned off"
        assert label in page.labels
    alt = f"Where unit {DRAWS_RED} of {LATE} is active in its strongest images"
    assert alt in page.alts.values()


def test_the_code_on_the_page_runs(dissections, monkeypatch):
    monkeypatch.setattr(jgan, "load", {"path/to/folder": sparks_gan()}.__getitem__)
    # Whoever reads the page has chosen the segmenter.
    namespace = {"segmenter": SCORED}
    blocks = Page(dissections("scored")).code
    assert len(blocks) == 1
    for block in blocks:
        exec(block, namespace)
    assert namespace["layers"][LATE].units_of(RED)[:2] == [DECOY, DRAWS_RED]


@pytest.mark.parametrize(
    ("segmenter", "line"),
    [
        (scenes_network(), "segment.scenes_network()"),
        (FaceParts(b""), "zoo.face_parts()"),
    ],
    ids=["scenes", "faces"],
)
def test_the_code_loads_the_segmenters_of_jgan(tmp_path, segmenter, line):
    overlap = stats.zero_overlap(np.zeros(8), num_concepts=1)
    one = dissect.LayerDissection(
        layer=LATE,
        concepts=("red",),
        overlap=overlap,
        chance=overlap,
        top=stats.zero_top(8, num_images=1),
    )
    section = sections.layers_section(
        Files(tmp_path), sparks_gan(), {LATE: one}, {LATE: one}, segmenter
    )
    assert f"\nsegmenter = {line}\n" in section.body


def _titles(page):
    """Of the units of the layer that is open, and of the causes."""
    opened = page.text.split("<details open>")[1].split("</details>")[0]
    caused = page.text.split('<section id="causes">')[1].split("</section>")[0]
    caption = re.compile(r"<figcaption><b>(.*?)</b><span>(.*?)</span>")
    return [
        [tuple(map(html.unescape, found)) for found in caption.findall(part)]
        for part in (opened, caused)
    ]


@pytest.mark.parametrize("kind", ["scored", "labels_only"])
def test_what_is_planted_is_on_top(dissections, kind):
    page = Page(dissections(kind))
    assert f"<details open><summary>{html.escape(LATE)} " in page.text
    units, caused = _titles(page)
    assert [title for title, _ in units[:2]] == [
        f"unit {unit} · {RED}" for unit in (DECOY, DRAWS_RED)
    ]
    assert f"unit {DRAWS_GREEN} · {GREEN}" in [title for title, _ in units]
    # The one of most units first.
    assert [title for title, _ in caused] == [RED, GREEN]
    assert "2 units remove 100%" in caused[0][1]


@pytest.mark.slow
def test_most_telling_thresholds_find_all_of_a_concept(tmp_path):
    dissect_sparks("labels_only", tmp_path / "page", method="iqr")
    page = Page(tmp_path / "page")
    page.check()
    found = strict_json(page.folder / "dissection.json")
    assert found["thresholds"] == "iqr"
    units = found["layers"][LATE]["units"]
    for unit, name in ((DECOY, RED), (DRAWS_RED, RED), (DRAWS_GREEN, GREEN)):
        assert (units[unit]["concept"], units[unit]["named"]) == (name, True)
        # Levels that are tried are 7 % of the pixels apart, and found on other images.
        # Of the usual threshold, all are at 0.5 or less.
        assert units[unit]["iou"] > 0.8
    # It tells of no concept, at no level.
    assert (units[DEAD]["threshold"], units[DEAD]["named"]) == (None, False)
    assert f"unit {DEAD} · no name" in page.text


def test_the_effect_tells_the_cause_from_its_company(dissections):
    causes = strict_json(dissections("scored") / "dissection.json")["causes"]
    red, green = causes
    assert (red["units"][0], green["units"][0]) == (DRAWS_RED, DRAWS_GREEN)
    # With one unit off. Overlap begins with what only likes the company of red.
    assert red["curves"]["effect"]["removed"][1] == 1
    assert red["curves"]["IoU"]["removed"][1] == 0
    dark = red["insertion"]["effect"][CONCEPTS.index("dark")]
    assert dark > 0.5


def test_labels_alone_tell_no_effect(dissections):
    page = Page(dissections("labels_only"))
    assert "contexts" not in page.ids
    _, caused = _titles(page)
    assert not any("one cell" in detail for _, detail in caused)
    assert "causal effect" not in page.text.split('<section id="causes">')[1]
    _, caused = _titles(Page(dissections("scored")))
    # A cell that shows it loses it, and another gets it.
    assert all(
        re.search(r"one cell off -0\.[4-9]\d, set \+0\.[5-9]\d$", detail)
        for _, detail in caused
    )
    for one in strict_json(page.folder / "dissection.json")["causes"]:
        assert one["effect"] is one["insertion"] is None
        assert [*one["curves"]] == ["IoU", "random"]


def test_a_concept_without_places_keeps_the_rest_of_the_page(tmp_path):
    shares = {}
    dissect_sparks(
        "scored",
        tmp_path / "page",
        segmenter=FAINT,
        # Of causes, the second half of their part is green's.
        progress=lambda doing, share: shares.setdefault(doing, []).append(share),
    )
    # Its passes fill its part, the ones that are left out too.
    assert max(shares[f"{GREEN}: ablating"]) == pytest.approx(0.95)
    page = Page(tmp_path / "page")
    page.check()
    red, green = strict_json(page.folder / "dissection.json")["causes"]
    assert (red["concept"], green["concept"]) == (RED, GREEN)
    assert [*red["curves"]] == ["effect", "IoU", "random"]
    assert red["effect"]
    assert red["insertion"]
    assert [*green["curves"]] == ["IoU", "random"]
    assert green["effect"] is green["insertion"] is None
    assert f"Of {html.escape(GREEN)} no effect was measured, and the fi" in page.text
    _, caused = _titles(page)
    assert ["one cell" in detail for _, detail in caused] == [True, False]
    assert [*strict_json(page.folder / "numbers" / "contexts.json")] == [RED]


def test_a_page_with_all_effects_lacks_none(dissections):
    assert "no effect was measured" not in Page(dissections("scored")).text


@pytest.mark.parametrize(
    ("num_images", "searched", "num_sites", "measured"),
    [(6, 6, 6, 6), (100, 100, 20, 100), (1000, 512, 64, 128)],
)
def test_more_images_are_searched_than_sites_are_kept(
    monkeypatch, num_images, searched, num_sites, measured
):
    seen = []

    def find_sites(*args, num_sites, sample, **options):
        seen.append((sample.num_images, num_sites))
        raise dissect.causes.NoSitesError

    def ablation_curve(*args, sample, **options):
        seen.append(sample.num_images)
        raise _Enough

    monkeypatch.setattr(dissect.causes, "find_sites", find_sites)
    monkeypatch.setattr(dissect.causes, "ablation_curve", ablation_curve)
    overlap = stats.zero_overlap(np.zeros(8), num_concepts=len(CONCEPTS))
    one = dissect.LayerDissection(
        layer=LATE,
        concepts=CONCEPTS,
        overlap=overlap,
        chance=overlap,
        top=stats.zero_top(8, num_images=1),
    )
    with pytest.raises(_Enough):
        concept_causes(
            sparks_gan(),
            one,
            RED,
            segmenter=SCORED,
            num_images=num_images,
            progress=lambda doing, share: None,
            key=jax.random.key(0),
        )
    assert seen == [(searched, num_sites), measured]


class _Enough(Exception):
    """Ends a run when all was seen."""


def _picture(folder, name):
    file = urllib.parse.quote(f"{name}.png", safe="")
    with PIL.Image.open(folder / "pictures" / file) as picture:
        return np.asarray(picture)


@jax.jit
def _images(key):
    gan = sparks_gan()
    return gan.forward(gan.params, gan.sample_latents(NUM_IMAGES, key=key))


def test_a_unit_is_lit_where_it_is_above_its_threshold(dissections):
    folder = dissections("scored")
    unit = strict_json(folder / "dissection.json")["layers"][LATE]["units"][DRAWS_RED]
    picture = _picture(folder, f"{LATE}-unit{DRAWS_RED}")
    # Four images of 16 pixels, eight times enlarged, and three gaps of 4.
    assert picture.shape == (128, 4 * 128 + 3 * 4, 4)
    key = jax.random.split(jax.random.split(jax.random.key(SEED), 3)[0])[1]
    images, seen = _images(key)
    for place, number in enumerate(unit["top_images"][:4]):
        shown = picture[:, 132 * place : 132 * place + 128, :3].astype(int)
        image = to_uint8(images[number]).astype(int).repeat(8, 0).repeat(8, 1)
        active = seen[LATE][number, :, :, DRAWS_RED]
        above = jax.image.resize(active, (128, 128), "bilinear") - unit["threshold"]
        outline = (shown == [255, 176, 0]).all(axis=-1)
        lit = outline | (np.abs(shown - image).max(axis=-1) == 0)
        # Where the image is black, no light shows; within the six digits of the
        # threshold, either is right.
        told = (image.max(axis=-1) > 9) & (np.abs(above) > 1e-5)
        np.testing.assert_array_equal(lit[told], above[told] > 0)
        # Half a percent of the pixels need not be in all four.
        assert place or lit[told].any()
        dimmed = told & ~lit
        np.testing.assert_allclose(shown[dimmed], 0.3 * image[dimmed], atol=1)


def test_before_and_after_are_the_images_with_most_of_it(dissections):
    folder = dissections("scored")
    picture = _picture(folder, f"without-{RED}")
    assert picture.shape == (2 * 128 + 4, 4 * 128 + 3 * 4, 4)
    before, after = picture[:128], picture[132:]
    red = lambda row: row[..., 0].max()
    # A spark is of 0.55 of full, and the rest of the units are faint.
    assert red(before) > 0.55 * 255
    assert red(after) < 0.2 * 255
    key = jax.random.fold_in(jax.random.split(jax.random.key(SEED), 3)[2], 0)
    images, _ = _images(jax.random.split(key, 5)[3])
    shown = (SCORED.segment(images) == CONCEPTS.index(RED)).sum(axis=(1, 2))
    best = np.argsort(-np.asarray(shown), kind="stable")[:4]
    for place, number in enumerate(best):
        tile = before[::8, 132 * place : 132 * place + 128 : 8, :3]
        # One level: rounding to bytes turns on the last bit of a float.
        np.testing.assert_allclose(tile, to_uint8(images[number]), atol=1)


def _causes_section(folder, counts, pixels, units):
    others = np.zeros(len(counts), np.int64)
    curve = dissect.causes.AblationCurve(np.asarray(counts), pixels, others, 100)
    black = np.zeros((1, 16, 16, 3), np.uint8)
    one = ConceptCauses(
        concept=NEVER,
        layer=LATE,
        units=units,
        curves={"IoU": curve},
        effect=None,
        context=None,
        before=black,
        after=black,
    )
    return sections.causes_section(Files(folder), [one])


@pytest.mark.parametrize(
    ("counts", "ticks"),
    [
        (range(8), ["0", "7"]),
        (range(31), ["0", "10", "20", "30"]),
        ([0, 2, 4, 52], ["0", "13", "26", "39", "52"]),
    ],
)
def test_ticks_of_a_curve_are_whole_units_from_end_to_end(tmp_path, counts, ticks):
    counts = [*counts]
    pixels = 1000 - 10 * np.asarray(counts)
    body = _causes_section(tmp_path, counts, pixels, tuple(range(counts[-2]))).body
    found = re.findall(r'<text x="([\d.]+)" [^>]*middle">(\d+)</text>', body)
    assert [tick for _, tick in found] == ticks
    places = [float(place) for place, _ in found]
    np.testing.assert_allclose(np.diff(places), 552 / (len(ticks) - 1), atol=0.1)
    # At the point of the curve where as many units are off.
    assert f"{counts[-2]} units remove {counts[-2]}%" in body


def test_a_concept_that_no_measured_image_shows_is_no_share(tmp_path):
    section = _causes_section(tmp_path, range(3), np.zeros(3, np.int64), (1, 2))
    assert "2 units remove none of 0 pixels, others 0.0%" in section.body
    assert "nan" not in section.body
