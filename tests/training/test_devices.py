"""Two devices give what one gives. In a process of its own, with two CPU devices."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests.helpers import UNOPTIMIZED

_ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compared():
    """How far two devices are from one, by precision."""
    two = " --xla_force_host_platform_device_count=2"
    flags = {"XLA_FLAGS": UNOPTIMIZED["XLA_FLAGS"] + two}
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.two_devices"],
        cwd=_ROOT,
        env=os.environ | UNOPTIMIZED | flags,
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_gradients_of_one_step_agree_to_rounding(compared):
    # Sums over images and pixels in another order.
    result = compared["float32"]
    assert result["devices"] == 2
    assert result["gradient_difference"] < 1e-4
    assert result["cancelled"] < 1e-6


def test_five_steps_in_float64_agree(compared):
    result = compared["float64"]
    assert result["devices"] == 2
    assert result["state_difference"] < 1e-9
