"""Runs that are killed, resumed, misdirected or that diverge."""

import dataclasses
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import training
from jgan.training import loop
from jgan.worlds import Batch, ScenesWorld
from tests.helpers import UNOPTIMIZED
from tests.training.tiny import CONFIG

pytestmark = pytest.mark.usefixtures("unoptimized")

_STEPS = 100
_ROOT = pathlib.Path(__file__).parents[2]


def _train(out, *, num_steps=10, config=CONFIG, world=None, **options):
    world = world or ScenesWorld(32)
    options = {"report_every": 5, "save_every": 5} | options
    return training.train(config, world, out, num_steps=num_steps, **options)


def _lines(out):
    return [
        json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()
    ]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run of ten steps, and its state."""
    out = tmp_path_factory.mktemp("run")
    return out, _train(out)


def _equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


@pytest.mark.slow
def test_a_run_killed_at_five_random_moments_ends_as_one_that_was_not(tmp_path):
    options = {"num_steps": _STEPS, "save_every": 10}
    whole = _train(tmp_path / "whole", **options)
    rng = random.Random(0)
    out = tmp_path / "killed"
    for _ in range(5):
        saved = any((out / "checkpoints").glob("[0-9]*/_CHECKPOINT_METADATA"))
        with _start(out, *(["resume"] if saved else [])) as process:
            # A line comes with every report, a checkpoint after every second one; how
            # long either takes depends on the machine.
            for _ in range(rng.randint(2, 4)):
                process.stdout.readline()
            time.sleep(rng.uniform(0, 0.5))
            assert process.poll() is None
            process.send_signal(signal.SIGKILL)
    _equal(_train(out, resume=True, **options), whole)
    assert [line["step"] for line in _lines(out)] == list(range(5, _STEPS + 1, 5))


def _start(out, *options):
    command = [sys.executable, "-m", "tests.training.tiny_run", str(out), str(_STEPS)]
    return subprocess.Popen(
        [*command, *options],
        cwd=_ROOT,
        env=os.environ | UNOPTIMIZED,
        text=True,
        stdout=subprocess.PIPE,
    )


def test_the_folder_has_log_pictures_and_config(finished):
    out, state = finished
    assert [line["step"] for line in _lines(out)] == [5, 10]
    for line in _lines(out):
        assert line["images_per_second"] > 0
        assert {"real", "fake", "generator"} <= line.keys()
    assert sorted(p.name for p in (out / "samples").iterdir()) == [
        "0000005.png",
        "0000010.png",
    ]
    run = json.loads((out / "run.json").read_text())
    assert run["generator"]["width"] == CONFIG.generator.width
    assert int(state.step) == 10


def test_a_resumed_run_repeats_nothing_and_forgets_nothing(finished, tmp_path):
    out, whole = finished
    _train(tmp_path, num_steps=5)
    with (tmp_path / "metrics.jsonl").open("a") as log:
        log.write('{"step": 9}\n{"step": 1')
    _equal(_train(tmp_path, resume=True), whole)
    mine, theirs = _lines(tmp_path), _lines(out)
    for line in (*mine, *theirs):
        line.pop("images_per_second")
    assert mine == theirs


def test_growth_goes_on_after_a_resumption(tmp_path):
    config = dataclasses.replace(CONFIG, half_steps=5)
    whole = _train(tmp_path / "whole", config=config)
    _train(tmp_path / "cut", config=config, num_steps=5)
    _equal(_train(tmp_path / "cut", config=config, resume=True), whole)


class _PoisonedWorld(ScenesWorld):
    """Has one image that is not a number, after the first checkpoint."""

    def __init__(self):
        super().__init__(32)
        self.drawn = 0

    def sample(self, num_images, *, key):
        self.drawn += 1
        images, labels = super().sample(num_images, key=key)
        poison = jnp.float32(np.nan if self.drawn == 7 else 0)
        return Batch(images.at[0, 0, 0, 0].add(poison), labels)


def test_divergence_stops_the_run_and_names_the_last_checkpoint(tmp_path):
    with pytest.raises(training.DivergedError, match=r"5 and 10.*step 5 .*lower") as e:
        _train(tmp_path, world=_PoisonedWorld())
    assert "nan" in str(e.value)
    assert int(_train(tmp_path, resume=True).step) == 10


def test_a_warm_run_compiles_the_step_once(finished, tmp_path):
    before = loop._step._cache_size()
    _train(tmp_path, num_steps=7)
    assert loop._step._cache_size() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has a run at step 10"),
        ({"resume": True, "num_steps": 5}, "has done 10 steps"),
        (
            {"resume": True, "config": dataclasses.replace(CONFIG, seed=3)},
            "seed 0, not 3",
        ),
        ({"world": ScenesWorld(64)}, "64 pixels"),
        ({"save_every": 7}, "save_every 7"),
        ({"num_steps": 0}, "num_steps is 0"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_and_nothing_is_lost(finished, options, message):
    out, state = finished
    with pytest.raises(ValueError, match=message):
        _train(out, **options)
    _equal(_train(out, resume=True), state)


def test_nothing_to_resume_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no run"):
        _train(tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        _train(tmp_path, resume=True)


def test_a_mesh_that_cannot_share_the_batch_is_refused(tmp_path):
    devices = np.array(jax.devices() * 1).reshape(1, 1)
    mesh = jax.sharding.Mesh(devices, ("a", "b"))
    with pytest.raises(ValueError, match="one axis"):
        _train(tmp_path, mesh=mesh)
