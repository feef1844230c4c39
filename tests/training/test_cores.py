"""Cores as devices: how many share a batch, and when there is nothing to do."""

import os
import subprocess
import sys

import jax
import pytest

from jgan import training
from tests.helpers import unchecked


@pytest.mark.parametrize(
    ("devices", "batch_size", "count"),
    [(1, 64, 1), (2, 32, 2), (3, 32, 2), (64, 32, 4), (2, 15, 1), (2, 17, 1)],
)
def test_each_core_has_eight_images_or_more_and_as_many(
    devices, batch_size, count, monkeypatch
):
    monkeypatch.setattr(jax, "devices", lambda: [*range(devices)])
    monkeypatch.setattr(jax, "make_mesh", lambda shape, *_, devices, **__: devices)
    # The stand-in for a mesh is the list of its devices.
    shared = unchecked(training.mesh_of_cores)(batch_size)
    assert shared == ([*range(count)] if count > 1 else None)


def test_other_devices_than_the_processors_are_left_alone(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert training.mesh_of_cores(32) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "told",
    [{}, {"JAX_NUM_CPU_DEVICES": "3"}]
    + [{"XLA_FLAGS": "--xla_force_host_platform_device_count=3"}],
)
def test_a_fresh_process_has_a_device_a_core_or_as_many_as_it_is_told(told):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("JAX_NUM_CPU_DEVICES", "XLA_FLAGS", "NPROC")
    }
    code = (
        "import jax; from jgan import training; training.use_cores(); "
        "from jgan.training import cores; import pathlib; "
        "jax.numpy.zeros(1).block_until_ready(); "
        "tasks = pathlib.Path('/proc/self/task').glob('*/comm'); "
        "threads = sum('XLAEigen' in task.read_text() for task in tasks); "
        "print(jax.device_count(), cores._cores(), threads)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | told | {"JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    count, cores, threads = (int(number) for number in done.stdout.split())
    assert count == (3 if told else cores)
    # No spare ones, and devices wait for each other for good.
    if sys.platform == "linux" and not told:
        assert threads >= 2 * cores


def test_cores_stay_as_they_are_once_jax_is_in_use(monkeypatch):
    monkeypatch.setenv("NPROC", "2")
    before = jax.devices()
    training.use_cores()
    assert jax.devices() == before
