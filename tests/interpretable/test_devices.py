"""Two devices give what one gives. In a process of its own, with two CPU devices."""

import json
import os
import pathlib
import subprocess
import sys

from tests.helpers import UNOPTIMIZED

_ROOT = pathlib.Path(__file__).parents[2]


def test_two_devices_take_the_step_of_one():
    done = subprocess.run(
        [sys.executable, "-m", "tests.interpretable.two_devices"],
        cwd=_ROOT,
        env=os.environ | UNOPTIMIZED | {"JAX_NUM_CPU_DEVICES": "2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["devices"] == 2
    # In three steps, each group was swapped.
    assert min(told["swaps"]) > 0.1
    # The generator works in float32: 1.4e-5 measured, of an energy.
    assert told["difference"] < 1e-4
