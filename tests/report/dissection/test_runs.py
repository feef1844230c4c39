"""A dissection is written whole or not at all, and an interrupted one goes on."""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan.report import write_dissection
from jgan.segment import from_function
from tests.helpers import unchecked
from tests.report.dissection.conftest import bytes_of, dissect_sparks
from tests.report.dissection.planted import (
    CONCEPTS,
    EARLY,
    LABELS_ONLY,
    LATE,
    sparks_gan,
)
from tests.report.parse import Page, strict_json

pytestmark = pytest.mark.usefixtures("unoptimized")


_write = functools.partial(dissect_sparks, "labels_only")


class _Interruption(Exception):
    """What ends a run halfway."""


def _interrupt(folder, when, **options):
    """Runs until `when` is done, and returns what was left."""

    def progress(doing, share):
        if doing == when:
            raise _Interruption

    with pytest.raises(_Interruption):
        _write(folder, progress=progress, **options)
    assert not folder.exists()
    assert [path.name for path in folder.parent.iterdir()] == ["out.partial"]
    return bytes_of(folder.parent)


@pytest.mark.parametrize(
    ("when", "remain"),
    [
        # Of three batches.
        ("measuring units", 2),
        ("comparing units and concepts", 2),
        ("control: refining thresholds", 2),
        # No pass over units: it is done anew, for two orders.
        ("red & <hot>: ablating", 6),
        ("writing the page", 1),
    ],
)
def test_an_interrupted_dissection_goes_on_to_the_same_bytes(
    dissections, tmp_path, monkeypatch, when, remain
):
    # Saves after each batch.
    monkeypatch.setattr("jgan.stats._collect._BATCHES", 1)
    out, seen = tmp_path / "out", []
    left = _interrupt(out, when)
    with pytest.raises(FileExistsError, match="out.partial holds an .*by --resume, or"):
        _write(out)
    assert bytes_of(tmp_path) == left
    _write(
        out,
        resume=True,
        progress=lambda doing, share: seen.append(doing),
    )
    assert seen.count(when) == remain
    # What was done before is not repeated.
    assert when == "measuring units" or "measuring units" not in seen
    assert bytes_of(out) == bytes_of(dissections("labels_only"))
    assert [*tmp_path.iterdir()] == [out]


def test_there_may_be_nothing_to_resume(dissections, tmp_path):
    page = _write(tmp_path / "out", resume=True)
    assert bytes_of(page.parent) == bytes_of(dissections("labels_only"))


_RENAMED = from_function(LABELS_ONLY.function, CONCEPTS[::-1])


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        (
            {"seed": 7},
            "out.partial was begun with seed 10, not 7. Give the same, or ",
        ),
        ({"num_images": 16}, "begun with num_images 24, not 16"),
        ({"layers": (EARLY,)}, r"begun with layers \['late/<2>'\], not \['early'\]"),
        (
            {"method": "iqr", "seed": 7},
            "begun with thresholds quantile, not iqr; seed 10, not 7",
        ),
        ({"segmenter": _RENAMED}, "saved with another segmenter"),
    ],
)
def test_passes_of_other_settings_are_not_mixed(tmp_path, other, complaint):
    left = _interrupt(tmp_path / "out", "comparing units and concepts")
    with pytest.raises(ValueError, match=complaint):
        _write(tmp_path / "out", resume=True, **other)
    assert bytes_of(tmp_path) == left


def test_passes_of_another_generator_are_not_mixed(tmp_path):
    left = _interrupt(tmp_path / "out", "measuring units")
    params = jax.tree.map(lambda x: x + 0.1, sparks_gan().params)
    with pytest.raises(ValueError, match="saved with another generator"):
        _write(tmp_path / "out", gan=sparks_gan(params), resume=True)
    assert bytes_of(tmp_path) == left


def test_what_is_no_interrupted_dissection_is_left_alone(tmp_path):
    mine = tmp_path / "out.partial" / "diary"
    mine.parent.mkdir()
    mine.write_text("Today")
    for resume in (False, True):
        with pytest.raises(
            FileExistsError, match="out.partial exists and is not an in"
        ):
            _write(tmp_path / "out", resume=resume)
    assert bytes_of(tmp_path) == {"out.partial/diary": b"Today"}


def test_a_dissection_is_replaced(tmp_path):
    out, seen = tmp_path / "out", []
    out.mkdir()
    (out / "index.html").write_text('<meta name="generator" content="jgan dissection">')
    (out / "stale").touch()
    # As few as there can be.
    page = _write(out, num_images=2, progress=lambda *args: seen.append(args))
    assert page == out / "index.html"
    assert not (out / "stale").exists()
    assert [*tmp_path.iterdir()] == [out]
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert (shares[0] > 0, seen[-1]) == (True, ("done", 1.0))


@pytest.mark.parametrize("text", ["My diary", "jgan tour"])
def test_anything_else_is_not_replaced(tmp_path, text):
    (tmp_path / "index.html").write_text(f'<meta name="generator" content="{text}">')
    before = bytes_of(tmp_path)
    with pytest.raises(FileExistsError, match="exists and is not a dissection"):
        _write(tmp_path)
    with pytest.raises(FileExistsError):
        _write(tmp_path / "index.html")
    assert bytes_of(tmp_path) == before


def test_the_folder_one_is_in_is_a_place(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    page = _write(".", num_images=2)
    assert page.name == "index.html"
    assert (tmp_path / "here" / "index.html").is_file()
    assert [*tmp_path.iterdir()] == [tmp_path / "here"]


class _Labels:
    """A segmenter that does not check itself, as users write them."""

    concepts = CONCEPTS

    def __init__(self, change):
        self._change = change

    def segment(self, images):
        return self._change(LABELS_ONLY.segment(images))


_NAN = sparks_gan({"mix": jnp.full((4, 8), jnp.nan), "bias": jnp.zeros(8)})
_FLAT = _Labels(lambda labels: labels[:, 0])
_FLOAT = _Labels(lambda labels: labels.astype(jnp.float32))
_BEYOND = _Labels(lambda labels: labels + len(CONCEPTS))


@pytest.mark.parametrize(
    ("options", "complaint", "kept"),
    [
        ({"gan": _NAN}, "'late/<2>' is not finite in batch 0", False),
        ({"num_images": 0}, "num_images is 0; a dissection takes at least 2", False),
        ({"num_images": 1}, "num_images is 1; a dissection takes at least 2", False),
        ({"layers": ("late", EARLY)}, "no layer 'late'. The layers are: early", False),
        # Thresholds are found without it, and kept for a better one.
        ({"segmenter": _FLAT}, r"labels of shape \(8, 16\) for 8 images", True),
        ({"segmenter": _FLOAT}, "float32 labels; they are integers", True),
        ({"segmenter": _BEYOND}, "labels -1 to 6 and has 4 concepts", True),
    ],
)
def test_a_failed_run_leaves_the_last_one_as_it_was(tmp_path, options, complaint, kept):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text('<meta name="generator" content="jgan dissection">')
    before = bytes_of(out)
    with pytest.raises(ValueError, match=complaint):
        _write(out, **options)
    assert bytes_of(out) == before
    assert {path.name for path in tmp_path.iterdir()} == {
        "out",
        *(["out.partial"] if kept else []),
    }


def test_a_method_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ValueError, match="method is 'iqrr'; .* one of .*'quantile'"):
        unchecked(write_dissection)(
            sparks_gan(), tmp_path / "out", segmenter=LABELS_ONLY, method="iqrr"
        )
    assert not [*tmp_path.iterdir()]


def test_a_better_segmenter_goes_on_with_the_thresholds(dissections, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(ValueError, match="labels -1 to 6"):
        _write(out, segmenter=_BEYOND)
    _write(out, resume=True)
    assert bytes_of(out) == bytes_of(dissections("labels_only"))


def test_without_names_there_is_a_page_without_causes(dissections):
    page = Page(dissections("nameless"))
    assert "No unit is named." in page.text
    assert not page.ids & {"causes", "contexts"}
    found = strict_json(page.folder / "dissection.json")
    assert found["causes"] == []
    assert found["layers"][LATE]["named"] == 0


def test_one_program_serves_the_generator_and_its_control(tmp_path, monkeypatch):
    seen = []

    def find_units(gan, *args, **options):
        seen.append(gan)
        if len(seen) == 2:
            raise _Interruption

    monkeypatch.setattr("jgan.report.dissection.write.find_units", find_units)
    with pytest.raises(_Interruption):
        _write(tmp_path / "out")
    gan, control = seen
    assert jax.tree.structure(gan) == jax.tree.structure(control)
    assert (gan.params["mix"] != control.params["mix"]).any()
