"""Batch sizes, devices, processes and interruptions do not change what is collected."""

import contextlib
import functools
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import jax
import numpy as np
import pytest

from tests.stats import collecting
from tests.stats.planted import empty, planted_gan

_ROOT = pathlib.Path(__file__).parents[2]
# Sums of float32 in another order, of values of about 1, of 38,400 pixels at most.
_ROUNDING = 1e-5


@functools.cache
def _here(batch_size, generator="planted"):
    return collecting.run(batch_size=batch_size, generator=generator)


@contextlib.contextmanager
def _process(out, *, devices=1, **options):
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}"
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stats.collecting", out, json.dumps(options)],
        cwd=_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _elsewhere(out, **options):
    with _process(out, **options) as process:
        _, errors = process.communicate()
        assert not process.returncode, errors[-2000:]
    return _load(out)


def _load(out):
    with np.load(out) as file:
        leaves = [file[f"leaf{i}"] for i in range(len(file.files))]
    tree = jax.tree.structure(empty(planted_gan().layers))
    return jax.tree.unflatten(tree, leaves)


def _same_counts(got, want):
    """Counts, top images and extremes are the same; means and covariances nearly."""
    for layer, found in want.items():
        for name in ("quantiles", "top", "overlap"):
            for a, b in zip(got[layer][name], found[name], strict=True):
                np.testing.assert_array_equal(a, b)
        spread = np.sqrt(np.diag(found["covariance"].covariance()))
        a, b = got[layer]["covariance"], found["covariance"]
        assert (np.abs(a.mean - b.mean) < _ROUNDING * spread).all()
        scale = spread[:, None] * spread[None, :]
        difference = np.abs(a.covariance() - b.covariance())
        assert (difference < _ROUNDING * scale).all()
        a, b = got[layer]["units"], found["units"]
        assert (np.abs(a.pixels.mean - b.pixels.mean) < _ROUNDING * spread).all()
        assert a.pixels.num_samples == b.pixels.num_samples
        np.testing.assert_array_equal(a.maximum, b.maximum)


def _same_bits(got, want):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(a, b)


# 150 images: 7 leaves a partial batch, 64 a padded one, and 1 is five chunks.
@pytest.mark.parametrize("batch_size", [1, 64])
def test_batch_size_does_not_matter(batch_size):
    _same_counts(_here(batch_size), _here(7))


def test_a_rerun_gives_the_same_bits():
    _same_bits(collecting.run(batch_size=7), _here(7))


def test_eight_devices_give_what_one_gives(tmp_path):
    got = _elsewhere(tmp_path / "out.npz", devices=8, batch_size=64, shares=8)
    _same_counts(got, _here(64))


def _two_processes(outs, **options):
    """Returns how each process ended, and what it printed and complained of."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                _process(
                    out,
                    devices=2,
                    process={"address": address, "number": number},
                    **options,
                )
            )
            for number, out in enumerate(outs)
        ]
        told = [process.communicate() for process in processes]
        return [(p.returncode, *t) for p, t in zip(processes, told, strict=True)]


def test_two_processes_give_what_one_gives(tmp_path):
    outs = [tmp_path / f"out{number}.npz" for number in range(2)]
    resume = str(tmp_path / "saved.npz")
    for collected in (True, False):
        # The second time, all is in the file of the first process.
        for status, printed, errors in _two_processes(
            outs, batch_size=64, shares=4, resume=resume
        ):
            assert not status, errors[-2000:]
            # The share that is done, below what the processes say of each other.
            assert printed.endswith("\n1.0\n") == collected
        _same_counts(_load(outs[0]), _here(64))
        _same_bits(_load(outs[1]), _load(outs[0]))


def test_no_process_waits_for_one_that_refuses_its_file(tmp_path):
    resume = str(tmp_path / "saved.npz")
    collecting.run(batch_size=7, resume=resume)
    outs = [tmp_path / f"out{number}.npz" for number in range(2)]
    first, second = _two_processes(outs, batch_size=64, shares=4, resume=resume)
    assert first[0] == second[0] == 1
    assert "saved with another num_images and batch_size" in first[2]
    assert "The first process cannot go on" in second[2]


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    out, resume = tmp_path / "out.npz", tmp_path / "saved.npz"
    options = {"batch_size": 1, "resume": str(resume)}
    with _process(out, **options) as process:
        # Two chunks of five.
        for _ in range(2):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert resume.exists()
    assert not out.exists()
    with _process(out, **options) as process:
        printed, errors = process.communicate()
        assert not process.returncode, errors[-2000:]
    # It did not start anew.
    assert len(printed.splitlines()) < 4
    _same_bits(_load(out), _here(1))


def test_convolutions_round_by_batch_size_and_no_more():
    a, b = (_here(size, "dcgan") for size in (7, 64))
    for layer, found in b.items():
        # Pixels as near to a threshold as rounding goes may fall on either side.
        x, y = found["overlap"], a[layer]["overlap"]
        assert np.abs(x.both - y.both).sum() <= 1e-4 * x.active.sum() + 2
        spread = np.sqrt(np.diag(found["covariance"].covariance()))
        shift = np.abs(found["covariance"].mean - a[layer]["covariance"].mean)
        assert (shift <= _ROUNDING * spread).all()
