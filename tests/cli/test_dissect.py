"""`jgan dissect`: what it asks for, with which segmenter, and what it refuses."""

import dataclasses
import errno
import pathlib
import sys
import tempfile

import jax.numpy as jnp
import pytest
import rich.console

from jgan import report, segment, zoo
from jgan.cli._faces import _FACES
from tests.generators import make_gan

# What the fixture `asked` stands in for.
WRITER = "write_dissection"


@pytest.fixture
def faces(monkeypatch):
    """What stands for the parts of faces, whose network is not fetched."""
    parts = segment.from_function(lambda images: None, ("lips",))
    monkeypatch.setattr(zoo, "face_parts", lambda **_: parts)
    return parts


@pytest.fixture
def loads(monkeypatch):
    """Lets a model of any name be loaded, of any names of classes."""

    def load(name, class_names=("0", "1", "2", "3")):
        gan = make_gan("dcgan_conditional")
        gan = dataclasses.replace(gan, name=name, class_names=class_names)
        monkeypatch.setattr(zoo, "load", lambda *_, **__: gan)

    return load


def test_options_reach_the_page(run, folder, asked):
    options = ("--layer", "layer2", "--layer", "layer1", "--thresholds", "iqr")
    options += ("--num-images", "9", "--seed", "3", "--out", "here", "--resume")
    status, out, _ = run("dissect", folder, "--segmenter", "scenes", *options)
    assert status == 0
    page = pathlib.Path("here", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert isinstance(asked.pop("segmenter"), segment.SceneNetwork)
    assert asked == {
        "name": "dcgan_conditional",
        "out": "here",
        "layers": ("layer2", "layer1"),
        "method": "iqr",
        "num_images": 9,
        "seed": 3,
        "resume": True,
    }


def test_defaults(run, folder, asked):
    assert run("dissect", folder, "--segmenter", "scenes")[0] == 0
    del asked["segmenter"]
    assert asked == {
        "name": "dcgan_conditional",
        "out": "dissection",
        "layers": (),
        "method": "quantile",
        "num_images": 1000,
        "seed": 0,
        "resume": False,
    }


def test_progress_is_shown_on_a_terminal(run, folder, asked, monkeypatch):
    assert run("dissect", folder, "--segmenter", "scenes")[2] == ""
    terminal = rich.console.Console(stderr=True, force_terminal=True, width=80)
    monkeypatch.setattr("jgan.cli._console.err", terminal)
    _, _, err = run("dissect", folder, "--segmenter", "scenes")
    assert "a [/b] part" in err
    assert "50%" in err


def test_scenes_are_dissected_by_default(run, monkeypatch):
    def load(name, **_):
        raise ValueError(f"asked for {name}")

    monkeypatch.setattr(zoo, "load", load)
    assert run("dissect")[2] == "jgan: asked for scenes64\n"


def test_the_segmenter_fits_the_model(run, loads, asked, faces):
    scenes = segment.scenes_network()
    # By its classes, whatever its name: a generator that one trained oneself.
    loads("mine", scenes.class_names)
    assert run("dissect")[0] == 0
    assert isinstance(asked["segmenter"], segment.SceneNetwork)
    for name in _FACES:
        loads(name)
        assert run("dissect", name)[0] == 0
        assert asked["segmenter"] is faces
    # The choice is the user's.
    loads("mine", scenes.class_names)
    assert run("dissect", "--segmenter", "faces")[0] == 0
    assert asked["segmenter"] is faces
    loads("faces-digiface")
    assert run("dissect", "--segmenter", "scenes")[0] == 0
    assert isinstance(asked["segmenter"], segment.SceneNetwork)


def test_the_names_of_faces_are_of_the_zoo():
    assert {*_FACES} <= {entry.name for entry in zoo.ENTRIES}


def test_a_model_that_no_segmenter_is_known_for_is_told_of_the_choice(
    run, folder, asked, faces
):
    status, out, err = run("dissect", folder)
    assert (status, out, asked) == (1, "", {})
    assert err == (
        "jgan: No segmenter is known to fit dcgan_conditional. Choose one with "
        "--segmenter scenes or faces; in Python, jgan.report.write_dissection takes "
        "your own.\n"
    )


def test_a_missing_extra_is_one_line(run, folder, asked, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    status, out, err = run("dissect", folder, "--segmenter", "faces")
    assert (status, out, asked) == (1, "", {})
    assert err == (
        'jgan: Face parts need ai-edge-litert: run `pip install "jgan[faces]"`.\n'
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--num-images", "0"), "num_images is 0; a dissection takes at least 2."),
        (("--num-images", "1"), "num_images is 1; a dissection takes at least 2."),
        (("--num-images", "-5"), "num_images is -5; a dissection takes at least 2."),
        (("--seed", "-1"), "--seed is -1. Give a whole number of 0 to 4294967295."),
        (
            ("--layer", "layer1", "--layer", "layer7"),
            "dcgan_conditional has no layer 'layer7'. The layers are: layer1, layer2.",
        ),
        (("--out", "diary"), "diary exists and is not a dissection. Choose another"),
        (("--out", "diary/index.html"), "diary/index.html exists and is not a dissect"),
        (("--out", "diary/index.html/out"), "diary/index.html: "),
        (("--out", "begun"), "begun.partial holds an interrupted dissection. Go on wi"),
        (("--out", "begun", "--resume"), "begun.partial was begun with seed 7, not 0."),
    ],
)
def test_dissect_refuses_nonsense_and_writes_nothing(run, folder, options, message):
    pathlib.Path("diary").mkdir()
    pathlib.Path("diary", "index.html").write_text("Today")
    pathlib.Path("begun.partial").mkdir()
    settings = '{"layers": ["layer1", "layer2"], "thresholds": "quantile", '
    settings += '"num_images": 1000, "seed": 7}'
    pathlib.Path("begun.partial", "settings.json").write_text(settings)
    before = _here()
    status, out, err = run("dissect", folder, "--segmenter", "scenes", *options)
    assert (status, out) == (1, "")
    assert err.startswith("jgan: ")
    assert message in err
    assert err.count("\n") == 1
    assert _here() == before


def _here():
    """Every folder, and every file with its content."""
    paths = pathlib.Path().rglob("*")
    return {path: path.is_file() and path.read_bytes() for path in paths}


def test_a_folder_that_cannot_be_written_is_one_line(run, folder, monkeypatch):
    # Not by its mode, which does not bind an administrator.
    def mkdtemp(*args, **options):
        raise PermissionError(errno.EACCES, "Permission denied", "taken")

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    before = _here()
    status, out, err = run("dissect", folder, "--segmenter", "scenes")
    assert (status, out, err) == (1, "", "jgan: taken: Permission denied.\n")
    assert _here() == before


def test_a_wrong_command_line_ends_with_two(run, folder):
    assert run("dissect", folder, "--segmenter", "cats")[0] == 2
    assert run("dissect", folder, "--thresholds", "mean")[0] == 2
    assert run("dissect", folder, "--layer")[0] == 2


def test_ctrl_c_ends_with_130(run, folder, monkeypatch):
    def write_dissection(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "write_dissection", write_dissection)
    assert run("dissect", folder, "--segmenter", "scenes")[0] == 130


def _nothing(images):
    return jnp.zeros(images.shape[:3], jnp.int32)


@pytest.mark.slow
@pytest.mark.usefixtures("unoptimized")
def test_a_page_is_written(run, folder, monkeypatch):
    # Of one concept that is everywhere, which names no unit: a page without causes.
    nothing = segment.from_function(_nothing, ("nothing",))
    monkeypatch.setattr(zoo, "face_parts", lambda **_: nothing)
    options = ("--segmenter", "faces", "--layer", "layer2", "--num-images", "4")
    status, out, _ = run("dissect", folder, *options, "--out", "deep/page")
    assert status == 0
    page = pathlib.Path("deep", "page", "index.html")
    assert out == f"Open {page.resolve()} in a browser.\n"
    assert "Made by <code>jgan dissect</code> with seed 0" in page.read_text("utf-8")
    assert [path.name for path in pathlib.Path("deep").iterdir()] == ["page"]
