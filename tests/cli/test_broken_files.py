"""Hostile and broken files on the command line: one line and no traceback."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from jgan.cli import main
from tests.convert.readers.hostile import CASES
from tests.golden import biggan_cases

ROOT = pathlib.Path(__file__).parents[2]


_CONVERT_EACH = """
import contextlib, io, json, pathlib, sys
import jgan.cli

for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    printed = io.StringIO()
    jgan.cli.err.file = printed
    code = jgan.cli.main(["convert", str(path), sys.argv[2]])
    print(json.dumps([code, printed.getvalue()]))
"""


def test_every_hostile_file_ends_in_one_message(tmp_path):
    canary, out, folder = (tmp_path / name for name in ("canary", "out", "files"))
    folder.mkdir()
    # Those with millions of opcodes are read in tests/convert/readers.
    labels = [label for label in CASES if "millions" not in label]
    paths = [folder / f"{number:04}" for number in range(len(labels))]
    for path, label in zip(paths, labels, strict=True):
        path.write_bytes(CASES[label][0](str(canary)))
    # A process of its own: type checks of the tests make some files take seconds.
    command = [sys.executable, "-c", _CONVERT_EACH, str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    lines = done.stdout.splitlines()
    assert len(lines) == len(labels) >= 40, done.stderr
    assert done.stderr == ""
    for path, label, line in zip(paths, labels, lines, strict=True):
        code, message = json.loads(line)
        assert code == 1, label
        assert message.startswith("jgan: "), label
        assert str(path) in message, label
        assert message.count("\n") == 1, label
    assert not canary.exists()
    assert not out.exists()


def _arrays():
    return dict(biggan_cases.read("64_hier")[1])


def _swap(arrays, a, b):
    return arrays | {a: arrays[b], b: arrays[a]}


BROKEN = {
    "a missing key": lambda a: a.pop("blocks.1.0.conv1.bias") is not None and a,
    "an extra key": lambda a: a | {"blocks.9.0.conv1.bias": np.zeros(4, np.float32)},
    "swapped arrays": lambda a: _swap(
        a, "blocks.0.0.conv1.weight", "blocks.3.0.conv1.weight"
    ),
    "a transposed kernel": lambda a: (
        a | {"linear.weight": np.ascontiguousarray(a["linear.weight"].T)}
    ),
    "an empty array": lambda a: a | {"shared.weight": np.zeros((0, 2**40), np.float32)},
    "millions of classes of nothing": lambda a: (
        a | {"shared.weight": np.zeros((2**40, 0), np.float32)}
    ),
    "a scalar for a kernel": lambda a: a | {"output_layer.2.weight": np.float32(1)},
    "integers for weights": lambda a: a | {"linear.u0": np.zeros((1, 7), np.int64)},
    "infinities": lambda a: a | {"linear.bias": np.full_like(a["linear.bias"], np.inf)},
    "no blocks": lambda a: {n: v for n, v in a.items() if "blocks" not in n},
    "a discriminator": lambda a: {"blocks.0.0.conv1.weight": a["linear.weight"]},
    "no arrays": lambda a: {"a": np.zeros(0, np.float32)},
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_broken_generator_ends_in_one_message(damage, tmp_path, capsys):
    path = tmp_path / "G_ema.safetensors"
    arrays = BROKEN[damage](_arrays())
    safetensors.numpy.save_file(
        {name: np.asarray(a, order="C") for name, a in arrays.items()}, path
    )
    assert main(["convert", str(path), str(tmp_path / "out")]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"jgan: {path}: ")
    assert "Traceback" not in printed.err
    assert not (tmp_path / "out").exists()


_MEASURE = """
import json, pathlib, sys
import jgan.cli

def status(field):
    text = pathlib.Path("/proc/self/status").read_text()
    return int(text.split(field + ":")[1].split()[0]) * 1024

idle = status("VmRSS")
code = jgan.cli.main(["convert", *sys.argv[1:]])
print(json.dumps([code, status("VmHWM") - idle]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("sound", [True, False])
def test_conversion_takes_little_memory(sound, tmp_path):
    rng = np.random.default_rng(0)
    widths = (100, 1024, 512, 256, 128, 3)
    arrays = {}
    for i, (a, b) in enumerate(zip(widths, widths[1:], strict=False)):
        arrays[f"{2 * i}.weight"] = rng.standard_normal((a, b, 4, 4)).astype("f")
        if b != 3:
            for leaf in ("weight", "bias", "running_mean", "running_var"):
                arrays[f"{2 * i + 1}.{leaf}"] = np.ones(b, "f")
    if not sound:
        arrays["1.bias"] = np.ones(7, "f")
    path = tmp_path / "netG.npz"
    np.savez(path, **arrays)
    command = [sys.executable, "-c", _MEASURE, str(path), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    code, peak = json.loads(done.stdout.splitlines()[-1])
    assert code == (0 if sound else 1), done.stderr
    assert peak < 2 * path.stat().st_size + 200 * 10**6
