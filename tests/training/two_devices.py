"""Compares steps on two devices with the same steps on one; prints the differences."""

import functools
import json
import sys

import jax
import jax.numpy as jnp
import numpy as np

from jgan.training import initial_state, train_step
from jgan.training._devices import Devices
from tests.training.tiny import CONFIG, gradients, reals


def _run(devices, dtype, num_steps):
    """The states before and after some steps."""
    wide = lambda leaf: leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf
    start = jax.tree.map(wide, initial_state(CONFIG))
    step = jax.jit(
        functools.partial(train_step, config=CONFIG, sharding=devices.images)
    )
    state = devices.place_state(start)
    for i in range(num_steps):
        batch = devices.place_images(jax.tree.map(wide, reals(i)))
        state, _ = step(state, batch)
    sharded = step.lower(state, batch).compile().input_shardings
    return start, state, len(jax.tree.leaves(sharded)[-1].device_set)


def _largest(a, b):
    """The largest difference of two trees, relative to each leaf's largest value."""
    differences = jax.tree.map(
        lambda x, y: np.abs(x - y).max() / max(np.abs(x).max(), 1e-30),
        *(jax.tree.map(lambda l: np.asarray(l, np.float64), tree) for tree in (a, b)),
    )
    return float(max(jax.tree.leaves(differences)))


def main() -> None:
    dtype = jnp.dtype(sys.argv[1])
    jax.config.update("jax_enable_x64", dtype == jnp.float64)
    num_steps = 5 if dtype == jnp.float64 else 1
    mesh = jax.make_mesh((2,), ("image",), axis_types=(jax.sharding.AxisType.Auto,))
    start, one, _ = _run(Devices(None), dtype, num_steps)
    _, two, num_devices = _run(Devices(mesh), dtype, num_steps)
    result = {
        "devices": num_devices,
        "state_difference": _largest(one, two),
    }
    if num_steps == 1:
        result["gradient_difference"] = _largest(
            gradients(CONFIG, start, one), gradients(CONFIG, start, two)
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
