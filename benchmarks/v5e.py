"""A TPU v5e to compile for, where there is none to run on. Needs ``jax[tpu]``."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from typing import Any


def environment() -> dict[str, str]:
    """Returns the variables of a process that compiles for it."""
    return os.environ | {
        "JAX_PLATFORMS": "cpu",
        # Nobody answers who the machine is, so it is told.
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_ACCELERATOR_TYPE": "v5litepod-4",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_WORKER_ID": "0",
    }


def in_process(
    module: str, *arguments: str, flags: dict[str, str] | None = None
) -> dict[str, Any]:
    """Returns what a module prints as JSON, in a process of that environment.

    Args:
        module: What to run.
        *arguments: Of its command line.
        flags: Further variables.

    Raises:
        RuntimeError: If it fails, with the end of what it complained of.
    """
    command = [sys.executable, "-m", module, *arguments]
    variables = environment() | (flags or {})
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def device() -> Any:
    """Returns one of its chips. In a process of that environment."""
    from jax.experimental import topologies

    return topologies.get_topology_desc("v5e:2x2", "tpu").devices[0]


def name_of(device: Any) -> str:
    """Returns what programs are compiled for, and by which libtpu."""
    return f"{device.device_kind} by libtpu {importlib.metadata.version('libtpu')}"


def estimated_cycles(compiled: Any) -> int:
    """Returns XLA's estimate of all its operations, kernels left out."""
    cycles = re.findall(r'"estimated_cycles":"(\d+)"', compiled.as_text())
    return sum(map(int, cycles))
