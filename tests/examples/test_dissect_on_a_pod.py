"""The example finds the same on one device, on eight, and in two processes."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from tests.helpers import UNOPTIMIZED

pytestmark = pytest.mark.slow
_ROOT = pathlib.Path(__file__).parents[2]
# Eight devices of four pad their only batch.
_OPTIONS = ["--layers", "block2", "--num-images", "24", "--per-device", "4"]


def _start(out, *options, devices=1):
    environment = os.environ | UNOPTIMIZED
    environment["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={devices}"
    environment["PYTHONPATH"] = str(_ROOT)
    command = [sys.executable, "examples/02_dissect_on_a_pod.py", *_OPTIONS]
    return subprocess.Popen(
        [*command, "--out", out, *options],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(process):
    try:
        printed, errors = process.communicate(timeout=600)
    finally:
        process.kill()
    assert not process.returncode, errors[-2000:]
    return printed.splitlines()


def _two_processes(outs):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--distributed", "--coordinator", address, "--num-processes", "2"]
    processes = [
        _start(out, *options, "--process-id", str(number))
        for number, out in enumerate(outs)
    ]
    return [_finish(process) for process in processes]


def _files(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone")
    _finish(_start(out))
    return (out / "units.jsonl").read_text()


def test_every_unit_has_a_line(alone):
    units = [json.loads(line) for line in alone.splitlines()]
    assert [unit["unit"] for unit in units] == list(range(48))
    assert sum(unit["pixels of both"] for unit in units) > 0
    assert all(unit["pixels of both"] <= unit["pixels of the unit"] for unit in units)


def test_eight_devices_find_the_same(alone, tmp_path):
    _finish(_start(tmp_path, devices=8))
    assert (tmp_path / "units.jsonl").read_text() == alone


def test_two_processes_find_the_same_and_go_on_from_the_disk_of_one(alone, tmp_path):
    outs = [tmp_path / "first", tmp_path / "second"]
    _two_processes(outs)
    assert (outs[0] / "units.jsonl").read_text() == alone
    assert not _files(outs[1])
    (outs[0] / "units.jsonl").unlink()
    first, second = _two_processes(outs)
    # All passes were done, so none has progress to tell.
    assert not any("%" in line for line in [*first, *second])
    assert (outs[0] / "units.jsonl").read_text() == alone
