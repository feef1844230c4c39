"""Hostile files against the promise: one clear error, nothing run, bounded memory."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

from tests.convert.readers.hostile import CASES

ROOT = pathlib.Path(__file__).parents[3]
# Millions of opcodes each.
LONG = [label for label in CASES if "millions" in label]
SHORT = [label for label in CASES if label not in LONG]


def _outcomes(labels, tmp_path_factory):
    """What a fresh process made of the files, by label: message, error, peak, time."""
    folder = tmp_path_factory.mktemp("hostile")
    canary = tmp_path_factory.mktemp("canary") / "canary"
    paths = [folder / f"{number:04}" for number in range(len(labels))]
    for path, label in zip(paths, labels, strict=True):
        path.write_bytes(CASES[label][0](str(canary)))
    # Another process, so that a crash of the interpreter is a failure and not the end,
    # and so that memory is measured without what the tests themselves hold.
    done = subprocess.run(
        [sys.executable, "-m", "tests.convert.readers.measure", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = map(json.loads, done.stdout.splitlines())
    return {
        label: line | {"size": path.stat().st_size, "ran": canary.exists()}
        for label, path, line in zip(labels, paths, lines, strict=True)
    }


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    return _outcomes(SHORT, tmp_path_factory)


@pytest.fixture(scope="module")
def long_outcomes(tmp_path_factory):
    return _outcomes(LONG, tmp_path_factory)


def _check(outcome, label):
    assert outcome["error"] is None
    assert outcome["message"] is not None, "it was read"
    assert re.search(CASES[label][1], outcome["message"]), outcome["message"]
    # The net below all checks caught it: a check is missing.
    assert "it is malformed (" not in outcome["message"]
    assert outcome["message"].isprintable()
    assert len(outcome["message"]) < 1000
    assert outcome["seconds"] < 60  # Twenty times the slowest, on two cores.
    if sys.platform == "linux":
        assert outcome["peak"] < 2 * outcome["size"] + 200 * 10**6


@pytest.mark.parametrize("label", SHORT)
def test_is_refused_with_one_clear_error_in_little_memory(outcomes, label):
    _check(outcomes[label], label)


@pytest.mark.slow
@pytest.mark.parametrize("label", LONG)
def test_a_flood_is_refused_in_little_memory(long_outcomes, label):
    _check(long_outcomes[label], label)


def test_nothing_was_run(outcomes):
    assert not any(outcome["ran"] for outcome in outcomes.values())


def test_the_attacks_work_on_pickle_itself(tmp_path):
    # Else an absent canary would prove nothing. A fresh process, for it does run them.
    label = "calls os.system, zip"
    canary, path = tmp_path / "canary", tmp_path / "file"
    path.write_bytes(CASES[label][0](str(canary)))
    program = (
        "import pickle, sys, zipfile;"
        "pickle.loads(zipfile.ZipFile(sys.argv[1]).read('archive/data.pkl'))"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True)
    assert canary.exists()
