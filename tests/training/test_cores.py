"""Cores as devices: how many share a batch, and when there is nothing to do."""

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


def test_cores_stay_as_they_are_once_jax_is_in_use():
    before = jax.devices()
    training.use_cores()
    assert jax.devices() == before
