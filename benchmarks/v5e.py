"""A TPU v5e to compile for, where there is none to run on. Needs ``jax[tpu]``."""

import importlib.metadata
import json
import os
import pathlib
import re
import subprocess
import sys
from collections import Counter
from typing import Any

# As Google publishes them: numbers of bfloat16, and bytes of main memory.
FLOPS_PER_S, BYTES_PER_S = 197e12, 819e9
# Of the matrix units, squares of this side, which multiply and add once in a cycle.
MATRIX_UNITS, MATRIX_SIDE = 4, 128
CYCLES_PER_S = FLOPS_PER_S / (2 * MATRIX_UNITS * MATRIX_SIDE**2)


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


def dump_flags(folder: str) -> dict[str, str]:
    """Returns the variables with which the compiler writes its schedules there."""
    return {
        "LIBTPU_INIT_ARGS": f"--xla_jf_dump_to={folder} --xla_jf_dump_llo_text=true"
    }


def bundles_by_depth(folder: pathlib.Path, kernel: str) -> Counter[int]:
    """Returns how many bundles of instructions a kernel has in loops of each depth.

    The compiler writes a bundle a line, with a ``>`` for each loop around it.

    Args:
        folder: Where it wrote its schedules.
        kernel: Its name, of which there is one.
    """
    (schedule,) = folder.glob(f"*-{kernel}.*-final_bundles.txt")
    bundle = re.compile(r"\s*0x[0-9a-f]+\s+(?:[A-Z]{2})?\s*: (>*)")
    found = filter(None, map(bundle.match, schedule.read_text().splitlines()))
    return Counter(len(one[1]) for one in found)


def estimated_cycles(compiled: Any) -> int:
    """Returns XLA's estimate of all its operations, kernels left out."""
    cycles = re.findall(r'"estimated_cycles":"(\d+)"', compiled.as_text())
    return sum(map(int, cycles))
