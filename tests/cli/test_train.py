"""`jgan train`: what it leaves of a short run, and what it refuses."""

import dataclasses
import json
import pathlib

import numpy as np
import PIL.Image
import pytest

import jgan
from jgan import cli, eigengan, training
from jgan.worlds import ScenesWorld
from tests.eigengan import tiny as eigen_tiny
from tests.training.tiny import CONFIG

pytestmark = pytest.mark.usefixtures("unoptimized")

_TINY = training.Preset(config=CONFIG, world=lambda: ScenesWorld(32), num_steps=3)


@pytest.fixture(autouse=True)
def _a_tiny_preset(monkeypatch):
    monkeypatch.setitem(training.PRESETS, "tiny", _TINY)
    # For the whole process, tests of other files too.
    monkeypatch.setattr(training, "use_cores", lambda: None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of the tiny preset, three steps by default."""
    out = tmp_path_factory.mktemp("train") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(training.PRESETS, "tiny", _TINY)
        assert cli.main(["train", "tiny", "--out", str(out), "--seed", "7"]) == 0
    return out


@pytest.mark.slow
def test_train_leaves_a_generator_that_every_command_takes(trained, run):
    gan = jgan.load(trained / "generator")
    assert (gan.name, gan.family, gan.resolution) == ("tiny", "biggan", 32)
    assert gan.class_names == ScenesWorld(32).class_names
    status, out, _ = run("sample", trained / "generator", "--classes", "coast")
    assert status == 0
    assert "by row coast" in out
    lines = (trained / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [3]
    assert json.loads((trained / "run.json").read_text())["seed"] == 7


@pytest.mark.slow
def test_the_generator_of_a_run_is_its_averaged_one(trained, run):
    before = _params(trained)
    status, out, err = run("train", "tiny", "--out", trained, "--seed", "7", "--resume")
    assert status == 0
    assert out == (
        f"{trained / 'generator'}: tiny after 3 steps. "
        f"`jgan tour {trained / 'generator'}` looks at it.\n"
    )
    # Made again of the same checkpoint by the same program.
    after = _params(trained)
    assert before.keys() == after.keys()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


def _params(out):
    import safetensors.numpy

    return safetensors.numpy.load_file(out / "generator" / "params.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", "7"), "has a run at step 3. Resume it, or give another folder."),
        (("--resume", "--seed", "8"), "was started with seed 7, not 8"),
        (("--resume", "--seed", "7", "--steps", "2"), "has done 3 steps"),
        (("--resume", "--seed", "7", "--half-steps", "1"), "half_steps 0, not 1"),
    ],
)
def test_train_does_not_mix_runs(trained, run, options, message):
    written = {path: path.read_bytes() for path in trained.rglob("*.json*")}
    status, out, err = run("train", "tiny", "--out", trained, *options)
    assert (status, out) == (1, "")
    assert message in err
    assert written == {path: path.read_bytes() for path in trained.rglob("*.json*")}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--steps", "0"), "num_steps is 0"),
        (("--steps", "-5"), "num_steps is -5"),
        (("--half-steps", "-1"), "half_steps is -1"),
        (("--seed", "-1"), "--seed is -1"),
        (("--resume",), "There is no run in run"),
    ],
)
def test_train_refuses_nonsense_and_leaves_no_run(run, options, message):
    status, out, err = run("train", "tiny", "--out", "run", *options)
    assert (status, out) == (1, "")
    assert "jgan: " in err
    assert message in err
    assert not [path for path in pathlib.Path().rglob("*") if path.is_file()]


def test_train_lists_the_presets_it_has(run):
    status, out, err = run("train", "scenes65", "--out", "run")
    assert (status, out) == (1, "")
    assert err == (
        "jgan: There is no preset 'scenes65'. Have eigen64, scenes64, tiny.\n"
    )


def test_train_needs_a_folder_and_whole_steps(run):
    assert run("train", "tiny")[0] == 2
    assert run("train", "tiny", "--out", "run", "--steps", "1.5")[0] == 2


@pytest.fixture
def _a_tiny_eigengan(monkeypatch):
    preset = training.Preset(
        config=dataclasses.replace(
            eigen_tiny.CONFIG,
            discriminator=dataclasses.replace(
                eigen_tiny.CONFIG.discriminator, num_classes=8
            ),
            class_weight=0.3,
        ),
        world=lambda: ScenesWorld(16),
        num_steps=2,
    )
    monkeypatch.setitem(eigengan.PRESETS, "tiny-eigen", preset)


@pytest.mark.usefixtures("_a_tiny_eigengan")
def test_an_eigengan_trains_on_a_folder_and_lists_what_it_left_out(run):
    folder = pathlib.Path("photos")
    folder.mkdir()
    draw = np.random.default_rng(0)
    PIL.Image.fromarray(draw.integers(0, 256, (20, 30, 3), np.uint8)).save(
        folder / "good.png"
    )
    (folder / "bad.png").write_text("no image")
    options = ("--data", folder, "--no-distance", "--out", "run")
    status, out, err = run("train", "tiny-eigen", *options)
    assert status == 0
    place = pathlib.Path("run", "generator")
    assert out == (
        f"{place}: tiny-eigen-photos after 2 steps. `jgan eigengan {place}` looks at "
        "it.\n"
    )
    assert "Left out: photos/bad.png cannot be read as an image" in err
    gan = jgan.load(place)
    # By the preset's own name, `jgan eigengan` would read them as scenes.
    want = ("eigengan", 16, "tiny-eigen-photos")
    assert (gan.family, gan.resolution, gan.name) == want
    assert "frechet_distance" not in pathlib.Path("run", "measures.jsonl").read_text()


@pytest.mark.usefixtures("_a_tiny_eigengan")
def test_options_of_the_other_preset_are_refused(run):
    for arguments, message in (
        (("tiny-eigen", "--half-steps", "4"), "4; it is of scenes64 alone"),
        (("tiny", "--data", "photos"), "tiny is trained on scenes alone"),
        (("tiny-eigen", "--data", "photos"), "There is no folder photos"),
    ):
        status, out, err = run("train", *arguments, "--out", "run")
        assert (status, out) == (1, "")
        assert message in err


@pytest.mark.usefixtures("_a_tiny_eigengan")
def test_an_eigengan_that_has_yet_to_grow_is_not_saved(run, monkeypatch):
    preset = eigengan.PRESETS["tiny-eigen"]
    config = dataclasses.replace(preset.config, growth=(2,))
    grows = dataclasses.replace(preset, config=config)
    monkeypatch.setitem(eigengan.PRESETS, "tiny-eigen", grows)
    asked = {}
    monkeypatch.setattr(
        eigengan, "train", lambda *args, **options: asked.update(options)
    )
    monkeypatch.setattr(training, "mesh_of_cores", lambda images: f"for {images}")
    options = ("--steps", "2", "--no-distance", "--out", "run")
    status, out, _ = run("train", "tiny-eigen", *options)
    assert status == 0
    assert asked["mesh"] == f"for {config.batch_size}"
    assert out == "run: 2 steps, and the generator has yet to grow.\n"
    assert not pathlib.Path("run", "generator").exists()


def test_a_generator_that_has_yet_to_grow_is_not_saved(run, monkeypatch):
    asked = {}

    def train(config, world, out, *, num_steps, resume, callback):
        asked.update(config=config, num_steps=num_steps, resume=resume)
        metrics = training.Metrics(*range(len(training.Metrics._fields)))
        callback(training.Progress(1, num_steps, 12.3, metrics))

    monkeypatch.setattr(training, "train", train)
    options = ("--steps", "4", "--half-steps", "4", "--seed", "5")
    status, out, err = run("train", "tiny", "--out", "run", *options)
    assert status == 0
    assert out == "run: 4 steps, and the generator has yet to grow.\n"
    assert "12 images/s" in err
    assert (asked["num_steps"], asked["resume"]) == (4, False)
    assert (asked["config"].half_steps, asked["config"].seed) == (4, 5)
    assert not pathlib.Path("run", "generator").exists()


def test_a_run_that_diverges_ends_in_one_message(run, monkeypatch):
    def train(*args, **options):
        raise training.DivergedError("Training diverged.")

    monkeypatch.setattr(training, "train", train)
    status, out, err = run("train", "tiny", "--out", "run")
    assert (status, out) == (1, "")
    assert err.endswith("jgan: Training diverged.\n")
