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

from jgan import stats
from jgan.ops import enlarge
from tests.generators import make_gan
from tests.helpers import UNOPTIMIZED
from tests.stats import collecting
from tests.stats.planted import empty, planted_gan

pytestmark = pytest.mark.usefixtures("unoptimized")

_ROOT = pathlib.Path(__file__).parents[2]


@functools.cache
def _here(batch_size, generator="planted"):
    return collecting.run(batch_size=batch_size, generator=generator)


@contextlib.contextmanager
def _process(out, *, devices=1, **options):
    environment = os.environ | UNOPTIMIZED
    environment["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={devices}"
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


def _same_bits(got, want):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_array_equal(a, b)


# 150 images: 7 leaves a partial batch, 64 a padded one, and 1 is five chunks.
@pytest.mark.parametrize("batch_size", [1, 64])
def test_batch_size_does_not_matter(batch_size):
    _same_bits(_here(batch_size), _here(7))


def test_a_rerun_gives_the_same_bits():
    _same_bits(collecting.run(batch_size=7), _here(7))


def test_eight_devices_give_what_one_gives(tmp_path):
    got = _elsewhere(tmp_path / "out.npz", devices=8, batch_size=64, shares=8)
    _same_bits(got, _here(64))


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
        _same_bits(_load(outs[0]), _here(64))
        _same_bits(_load(outs[1]), _load(outs[0]))


def test_no_process_waits_for_one_that_refuses_its_file(tmp_path):
    resume = str(tmp_path / "saved.npz")
    collecting.run(batch_size=7, resume=resume)
    outs = [tmp_path / f"out{number}.npz" for number in range(2)]
    first, second = _two_processes(outs, batch_size=64, shares=4, resume=resume)
    assert first[0] == second[0] == 1
    # By another function, too: here, tests check the types of all arguments.
    assert "num_images and batch_size. Remove it" in first[2]
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


# Of the maximum of a layer: ten times what convolutions of other shapes round.
_SHIFT = 1e-5


def test_convolutions_round_by_batch_size_and_no_more():
    gan = make_gan("dcgan")
    # The shapes that differ most.
    few, many = (_here(size, "dcgan") for size in (1, 64))
    latents = gan.sample_latents(
        collecting.NUM_IMAGES, key=jax.random.key(collecting.SEED)
    )
    images, taps = jax.jit(gan.forward)(gan.params, latents)
    # Pixels as near to a threshold as rounding goes may fall on either side of it, and
    # labels, which tell the sign of a color, of zero.
    edges = int((np.abs(images[..., :2]) <= _SHIFT).sum())
    for layer, b in many.items():
        a, shift = few[layer], _SHIFT * np.abs(taps[layer]).max()
        large = jax.vmap(lambda x: enlarge(x, *images.shape[1:3]))(taps[layer])
        away = np.abs(np.asarray(large) - b["overlap"].thresholds)
        near = (away <= shift).sum(axis=(0, 1, 2))[:, None]
        assert near.sum() + edges < 1e-3 * b["overlap"].active.sum()
        moved = np.abs(a["overlap"].active - b["overlap"].active)
        assert (near >= moved).all()
        moved = np.abs(a["overlap"].both - b["overlap"].both)
        assert (near + edges >= moved).all()
        spread = np.sqrt(np.diag(b["covariance"].covariance()))
        moved = np.abs(a["covariance"].covariance() - b["covariance"].covariance())
        assert (moved <= 1e-5 * spread[:, None] * spread).all()
        # Of a mean far from zero, float32 rounds more than of a spread.
        moved = np.abs(a["covariance"].mean - b["covariance"].mean)
        assert (moved <= 1e-5 * (spread + np.abs(b["covariance"].mean))).all()
        # Each is within a share of the true one, and these are as near as pixels.
        x, y = (run["quantiles"].quantiles((0.5, 0.9, 0.995)) for run in (a, b))
        bound = 2 * stats.RELATIVE_ERROR * np.abs(y) + shift
        assert (np.abs(x - y) <= bound).all()
        # The images that one names have the peaks that the other saw.
        peaks = np.asarray(taps[layer]).max(axis=(1, 2)).T
        for top in (a["top"], b["top"]):
            theirs = np.take_along_axis(peaks, top.numbers, axis=1)
            assert (np.abs(theirs - top.peaks) <= shift).all()
        assert (np.abs(a["top"].peaks - b["top"].peaks) <= shift).all()
