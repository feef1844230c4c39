"""A tiny generator and checkpoint on disk, and a way to run a command line."""

import pathlib
import signal
import subprocess
import sys

import numpy as np
import pytest

import jgan
from jgan import cli, report
from tests.generators import make_gan


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("JGAN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path):
    """A saved conditional generator of four classes, "0" to "3"."""
    return str(jgan.save(make_gan("dcgan_conditional"), tmp_path / "saved"))


@pytest.fixture
def checkpoint(tmp_path):
    """A file that `jgan convert` reads: a generator of 16 pixels, 12 inputs."""
    rng = np.random.default_rng(0)
    kernels = {"a.weight": (12, 8, 4, 4), "b.weight": (8, 4, 4, 4)}
    kernels["c.weight"] = (4, 3, 4, 4)
    arrays = {n: rng.standard_normal(s, np.float32) for n, s in kernels.items()}
    for name, units in (("n", 8), ("o", 4)):
        for leaf in ("weight", "bias", "running_mean", "running_var"):
            arrays[f"{name}.{leaf}"] = np.ones(units, np.float32)
    np.savez(tmp_path / "tiny.npz", **arrays)
    return str(tmp_path / "tiny.npz")


@pytest.fixture
def run(capsys):
    """Runs a command line here: its status, stdout and stderr."""

    def run(*argv):
        try:
            status = cli.main([str(argument) for argument in argv])
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return status, captured.out, captured.err

    return run


@pytest.fixture
def asked(request, monkeypatch):
    """What the page's writer, which the module names, is asked for; it does nothing."""
    found = {}

    def write(gan, out_folder, *, progress, **options):
        found.update(options, name=gan.name, out=str(out_folder))
        progress("a [/b] part", 0.5)
        return pathlib.Path(out_folder, "index.html")

    monkeypatch.setattr(report, request.module.WRITER, write)
    return found


@pytest.fixture
def start():
    """Starts a command line in a process of its own."""

    def start(*argv, **options):
        command = [sys.executable, "-m", "jgan.cli", *argv]
        # Tests in the background of a shell ignore SIGINT, which what they start would
        # inherit.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                **options,
            )
        finally:
            signal.signal(signal.SIGINT, before)

    return start
