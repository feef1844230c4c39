"""`jgan evaluate`: the file it writes, and what it refuses before any work."""

import json
import pathlib
from typing import Any

import jax
import numpy as np
import pytest

import jgan
from jgan import metrics
from jgan.convert import assemble
from jgan.models import biggan, dcgan
from jgan.segment import scenes, scenes_network
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS
from tests.generators import make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_CONFIG = biggan.Config(
    resolution=64, width=2, latent_dim=10, num_classes=8, shared_dim=4, attention=()
)
_SHARES = {
    "class_accuracy",
    "precision",
    "recall",
    "precision_ceiling",
    "recall_ceiling",
    "segmenter_mean_iou",
    "segmenter_class_accuracy",
}


@pytest.fixture
def noise(tmp_path):
    """A saved generator of the scenes world's shape, of random parameters."""
    shapes = assemble.expected_params("biggan", _CONFIG)
    rng = np.random.default_rng(0)
    # Positive, for variances; small, so that no image is all -1 or 1.
    params = jax.tree.map(lambda s: rng.uniform(0.1, 0.5, s.shape).astype("f4"), shapes)
    gan = assemble.assemble(
        "biggan", _CONFIG, params, name="noise", class_names=CLASS_NAMES
    )
    return str(jgan.save(gan, tmp_path / "noise"))


def _strict(text):
    """What any reader of JSON reads, which knows no NaN."""

    def refuse(constant):
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.slow
def test_evaluate_writes_all_figures(run, noise):
    status, out, _ = run("evaluate", noise, "--json", "a.json", "--num-images", "50")
    assert status == 0
    found = _strict(pathlib.Path("a.json").read_text())
    assert found.keys() >= _SHARES
    for name in _SHARES:
        assert 0 <= found[name] <= 1, name
    for name in ("concept_frequency_error", "frechet_distance", "frechet_floor"):
        assert found[name] > 0, name
    assert (found["model"], found["seed"]) == ("noise", 0)
    assert found["num_images"] == found["segmenter_num_images"] == 50
    for name in ("concept_frequency", "true_frequency"):
        assert [*found[name]] == [*CONCEPTS]
    assert [*found["factor_r2"]] == [*scenes_network().factor_names]
    # Noise is no scene: one class of eight by chance, and little of it is near.
    assert found["class_accuracy"] < 0.5
    assert found["precision"] < found["precision_ceiling"]
    assert found["frechet_distance"] > found["frechet_floor"]
    for name in found:
        assert f"{name}: " in out
    # Whole: nothing is left of the scratch file.
    assert {path.name for path in pathlib.Path().iterdir()} == {"a.json", "noise"}


@pytest.mark.slow
def test_a_generator_that_takes_no_class_has_no_class_accuracy(
    run, tmp_path, monkeypatch
):
    with monkeypatch.context() as patch:
        _nothing_measured(patch)
        reader = scenes.evaluate(None)
    monkeypatch.setattr(scenes, "evaluate", lambda *args, **options: reader)
    config = dcgan.Config(latent_dim=4, units=(4, 4, 4, 2))
    shapes = assemble.expected_params("dcgan", config)
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda s: rng.uniform(0.1, 0.5, s.shape).astype("f4"), shapes)
    gan = assemble.assemble("dcgan", config, params, name="free")
    folder = str(jgan.save(gan, tmp_path / "free"))
    status, out, _ = run("evaluate", folder, "--json", "a.json", "--num-images", "50")
    assert status == 0
    found = _strict(pathlib.Path("a.json").read_text())
    assert found["class_accuracy"] is None
    assert "\nclass_accuracy" not in out
    assert found["precision"] < found["precision_ceiling"]


def _nothing_measured(monkeypatch):
    """Lets `evaluate` run without its work, of which one factor did not vary."""
    values: dict[str, Any] = dict.fromkeys(metrics.ScenesFigures._fields, 0.5)
    values |= {"num_images": 1, "concept_frequency": {}, "true_frequency": {}}
    figures = metrics.ScenesFigures(**values)
    reader = scenes.Figures(
        num_images=1, mean_iou=0.5, iou={}, class_accuracy=1.0, r2={"sun": float("nan")}
    )
    monkeypatch.setattr(metrics, "scenes_figures", lambda *a, **k: figures)
    monkeypatch.setattr(scenes, "evaluate", lambda *a, **k: reader)


def test_what_could_not_be_measured_is_null_in_the_file(run, noise, monkeypatch):
    _nothing_measured(monkeypatch)
    assert run("evaluate", noise, "--json", "a.json")[0] == 0
    assert _strict(pathlib.Path("a.json").read_text())["factor_r2"] == {"sun": None}


def test_the_file_appears_whole_or_not_at_all(run, noise, monkeypatch):
    _nothing_measured(monkeypatch)
    pathlib.Path("a.json").write_text("before")
    write = pathlib.Path.write_text

    def full(path, text, *args, **options):
        write(path, text[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "write_text", full)
        status, _, err = run("evaluate", noise, "--json", "a.json")
    assert status == 1
    assert "No space left on device" in err
    assert pathlib.Path("a.json").read_text() == "before"
    assert {path.name for path in pathlib.Path().iterdir()} == {"a.json", "noise"}
    assert run("evaluate", noise, "--json", "a.json")[0] == 0
    assert json.loads(pathlib.Path("a.json").read_text())["model"] == "noise"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--num-images", "0"), "--num-images is 0. Give a multiple of 50."),
        (("--num-images", "-50"), "--num-images is -50"),
        (("--num-images", "75"), "--num-images is 75"),
        (("--seed", "-1"), "--seed is -1"),
        (("--json", "missing/a.json"), "There is no folder missing to write to."),
        (("--json", "taken"), "taken is a folder. Give the name of a file."),
    ],
)
def test_evaluate_refuses_before_it_works(run, noise, options, message):
    pathlib.Path("taken").mkdir()
    status, out, err = run("evaluate", noise, *options)
    assert (status, out) == (1, "")
    assert err.startswith("jgan: ")
    assert message in err


def _other(names, tmp_path, *, resolution=64):
    config = biggan.Config(
        resolution=resolution,
        width=2,
        latent_dim=20,
        num_classes=len(names),
        shared_dim=4,
        attention=(),
    )
    shapes = assemble.expected_params("biggan", config)
    params = jax.tree.map(lambda s: np.ones(s.shape, "f4"), shapes)
    gan = assemble.assemble("biggan", config, params, name="other", class_names=names)
    return jgan.save(gan, tmp_path / "other")


def test_evaluate_refuses_what_is_not_of_the_scenes_world(run, tmp_path, folder):
    status, out, err = run("evaluate", folder)
    assert (status, out) == (1, "")
    assert "dcgan_conditional is not a generator of the scenes world" in err
    assert "4 classes at 16 pixels" in err
    # Right sizes, wrong names or order; right names, wrong size.
    for names, resolution in (
        (tuple(map(str, range(8))), 64),
        (CLASS_NAMES[::-1], 64),
        (CLASS_NAMES, 32),
    ):
        status, _, err = run("evaluate", _other(names, tmp_path, resolution=resolution))
        assert status == 1
        assert f"8 classes at {resolution} pixels" in err
        assert ", ".join(CLASS_NAMES) in err


def test_evaluate_refuses_a_generator_without_classes(run, tmp_path):
    folder = jgan.save(make_gan("dcgan"), tmp_path / "plain")
    status, _, err = run("evaluate", folder)
    assert status == 1
    assert "0 classes" in err
