"""A TPU v5e to compile for, where there is none to run on."""

import functools
import importlib.util
import os

import pytest

# For `pytestmark`. The CI has an environment of its own for these, with jax[tpu].
MARKS = [
    pytest.mark.tpu,
    pytest.mark.skipif(not importlib.util.find_spec("libtpu"), reason="needs jax[tpu]"),
]
# Nobody answers what machine this is.
_MACHINE = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
}


@functools.cache
def devices():
    """The four chips of a host."""
    from jax.experimental import topologies

    os.environ.update(_MACHINE)
    return topologies.get_topology_desc("v5e:2x2", "tpu").devices
