"""Runs of an EigenGAN: killed and resumed, exact or not, on what data there is."""

import dataclasses
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

from jgan import eigengan, training
from jgan.models.subspace import gram_error, orthonormalize
from jgan.worlds import BatchesWorld, FolderWorld, ScenesWorld
from tests.eigengan.tiny import CONFIG
from tests.helpers import UNOPTIMIZED

pytestmark = pytest.mark.usefixtures("unoptimized")

_ROOT = pathlib.Path(__file__).parents[2]


def _features(images):
    return images.mean(axis=(1, 2))


def _train(out, *, num_steps=8, config=CONFIG, world=None, **options):
    options = {"report_every": 2, "save_every": 4} | options
    world = world or ScenesWorld(16)
    return eigengan.train(config, world, out, num_steps=num_steps, **options)


def _equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def _lines(out, name):
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of eight steps, its state, and what it told."""
    out = tmp_path_factory.mktemp("run")
    told = []
    return out, _train(out, features=_features, callback=told.append), told


def test_importances_decay_from_a_step_on(tmp_path):
    change = eigengan.Change(after=4, learning_rate=1e-6, importance_decays=(0.5, 0.0))
    config = dataclasses.replace(CONFIG, changes=(change,))
    whole = _train(tmp_path / "whole", config=config)
    before = _train(tmp_path / "parts", config=config, num_steps=4)
    # Set before the next step, also of a run that goes on there.
    _equal(_train(tmp_path / "parts", config=config, resume=True), whole)
    for params, old in ((whole.generator, before.generator), (whole.ema, before.ema)):
        importance = params["subspace1"]["importance"]
        # Steps move them by a millionth each.
        np.testing.assert_allclose(importance[1:], importance[:-1] / 2, atol=1e-4)
        norms = [np.linalg.norm(x["subspace1"]["importance"]) for x in (params, old)]
        np.testing.assert_allclose(*norms, rtol=1e-4)
        np.testing.assert_allclose(params["subspace2"]["importance"], [6, 3], atol=0.1)
    np.testing.assert_allclose(
        before.generator["subspace1"]["importance"], [9, 6, 3], atol=0.1
    )


def test_the_folder_tells_what_each_layer_does(finished):
    out, state, told = finished
    measures = _lines(out, "measures.jsonl")
    assert [line["step"] for line in measures] == [4, 8]
    for line in measures:
        assert line["frechet_distance"] > 0
        assert len(line["orthogonality_error"]) == len(line["layer_effect"]) == 2
        assert [len(layer) for layer in line["importance"]] == [3, 2]
        assert len(line["dimension_effect"]) == 5
        assert line["noise_effect"] > 0
    basis = state.generator["subspace2"]["basis"]
    error = float(jnp.linalg.norm(gram_error(basis)))
    np.testing.assert_allclose(measures[-1]["orthogonality_error"][1], error, rtol=1e-5)
    importance = np.abs(state.generator["subspace1"]["importance"])
    np.testing.assert_allclose(measures[-1]["importance"][0], importance)
    assert (out / "samples" / "0000008.png").is_file()
    # Of the checkpoint at step 4, told with the next report.
    assert [p.step for p in told if p.measures is not None] == [6]
    assert [line["step"] for line in _lines(out, "metrics.jsonl")] == [2, 4, 6, 8]
    assert {"real", "penalty", "orthogonality"} <= _lines(out, "metrics.jsonl")[
        0
    ].keys()


def test_growth_goes_on_after_a_resumption(tmp_path):
    # Without a penalty all steps of a size are one program.
    config = dataclasses.replace(
        CONFIG, growth=(4,), color_weight=1.0, penalty_weight=0.0
    )
    whole = _train(tmp_path / "whole", config=config, features=_features)
    _train(tmp_path / "cut", config=config, num_steps=4)
    _equal(_train(tmp_path / "cut", config=config, resume=True), whole)
    # Features are of whole images, and smaller ones have a layer less.
    first, second = _lines(tmp_path / "whole", "measures.jsonl")
    assert "frechet_distance" not in first
    assert "frechet_distance" in second
    assert (len(first["layer_effect"]), len(second["layer_effect"])) == (1, 2)


def test_a_run_killed_in_the_middle_ends_as_one_that_was_not(tmp_path):
    sizes = {"num_steps": 40, "save_every": 10}
    whole = _train(tmp_path / "whole", **sizes)
    command = [
        sys.executable,
        "-m",
        "tests.eigengan.tiny_run",
        str(tmp_path / "killed"),
    ]
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        env=os.environ | UNOPTIMIZED,
        text=True,
        stdout=subprocess.PIPE,
    ) as process:
        # After the report that follows the first checkpoint.
        for line in process.stdout:
            if line.strip() == "12":
                break
        process.send_signal(signal.SIGKILL)
    _equal(_train(tmp_path / "killed", **sizes, resume=True), whole)
    mine = _lines(tmp_path / "killed", "measures.jsonl")
    assert mine == _lines(tmp_path / "whole", "measures.jsonl")
    assert [line["step"] for line in mine] == [10, 20, 30, 40]


def test_exact_bases_stay_exact_without_a_penalty(tmp_path):
    config = dataclasses.replace(
        CONFIG,
        generator=dataclasses.replace(CONFIG.generator, exact=True),
        penalty_weight=0.0,
        learning_rate=1e-2,
    )
    state = _train(tmp_path, config=config)
    raw = state.generator["subspace2"]["basis"]
    # At this rate the parameter itself is nowhere near.
    assert float(jnp.linalg.norm(gram_error(raw))) > 0.1
    exact = np.asarray(orthonormalize(raw), np.float64).reshape(-1, raw.shape[-1])
    assert np.linalg.norm(exact.T @ exact - np.eye(exact.shape[1])) < 1e-6
    assert _lines(tmp_path, "measures.jsonl")[-1]["orthogonality_error"] == [0, 0]


def test_a_collapsed_layer_is_warned_of(tmp_path, monkeypatch):
    def collapsed(*args, **options):
        shares = np.array([[0.5], [0.004]])
        return eigengan.Effects(np.zeros((5, 1)), shares, np.ones(1))

    monkeypatch.setattr("jgan.eigengan._recipe.effects_of", collapsed)
    told = []
    _train(tmp_path, num_steps=6, callback=told.append)
    (measured,) = [p.measures for p in told if p.measures is not None]
    (warning,) = measured.warnings
    assert warning.startswith("Layer 2 makes 0.40% of what images differ by")


def test_a_folder_trains_on_what_can_be_read_and_lists_the_rest(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    draw = np.random.default_rng(0)
    noise = lambda *shape: draw.integers(0, 256, shape, np.uint8)
    PIL.Image.fromarray(noise(20, 30, 3)).save(folder / "good.png")
    PIL.Image.fromarray(noise(20, 30)).save(folder / "gray.png")
    PIL.Image.fromarray(noise(9, 9, 4), "RGBA").save(folder / "transparent.png")
    PIL.Image.fromarray(noise(1, 2, 3)).save(folder / "tiny.png")
    PIL.Image.new("RGB", (9000, 8000), "red").save(folder / "huge.jpg", quality=20)
    (folder / "text.png").write_text("I am no image.")
    whole = (folder / "good.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read as an image"):
        FolderWorld(folder, resolution=16)
    world = FolderWorld(folder, resolution=16, skip_unreadable=True)
    assert [path.name for path, _ in world.unreadable] == ["cut.png", "text.png"]
    for path, reason in world.unreadable:
        assert str(path) in reason
    state = _train(tmp_path / "run", num_steps=2, world=world)
    assert int(state.step) == 2
    for name in ("good.png", "gray.png", "transparent.png", "tiny.png", "huge.jpg"):
        (folder / name).unlink()
    with pytest.raises(ValueError, match="No image in .* can be read"):
        FolderWorld(folder, resolution=16, skip_unreadable=True)
    (folder / "cut.png").unlink()
    (folder / "text.png").unlink()
    with pytest.raises(ValueError, match="There is no image in"):
        FolderWorld(folder, resolution=16, skip_unreadable=True)


def test_any_iterator_of_batches_trains(tmp_path):
    batch = ScenesWorld(16).sample(8, key=jax.random.key(0)).images
    arrays = itertools.repeat(np.asarray(batch))
    state = _train(tmp_path, num_steps=2, world=BatchesWorld(arrays, resolution=16))
    assert int(state.step) == 2


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([], "has ended"),
        ([np.zeros((8, 8, 8, 3))], r"shape \(8, 8, 8, 3\)"),
        ([np.full((8, 16, 16, 3), 200.0)], "values up to 200"),
        ([np.full((8, 16, 16, 3), np.nan)], "values up to nan"),
    ],
)
def test_batches_that_do_not_fit_are_refused(batches, message, tmp_path):
    world = BatchesWorld(iter(batches), resolution=16)
    with pytest.raises(ValueError, match=message):
        _train(tmp_path, world=world)


def test_other_worlds_and_configs_are_refused(finished):
    out, state, _ = finished
    with pytest.raises(ValueError, match="images of 32 pixels, the generator of 16"):
        _train(out, world=ScenesWorld(32))
    other = dataclasses.replace(CONFIG, penalty_every=5)
    with pytest.raises(ValueError, match="penalty_every 3, not 5"):
        _train(out, config=other, resume=True)
    _equal(_train(out, resume=True), state)


def test_divergence_names_the_last_checkpoint(tmp_path):
    images = np.asarray(ScenesWorld(16).sample(8, key=jax.random.key(0)).images)
    batches = itertools.repeat(images)
    config = dataclasses.replace(CONFIG, learning_rate=1e30)
    with pytest.raises(training.DivergedError, match="no checkpoint yet"):
        _train(tmp_path, config=config, world=BatchesWorld(batches, resolution=16))
