"""Compares steps on two devices with the same steps on one; prints the differences."""

import functools
import json

import jax
import jax.numpy as jnp
import numpy as np

from jgan.training import initial_state, train_step
from jgan.training._devices import Devices
from tests.training.tiny import CONFIG, gradients, reals

_CANCELLED = ("conv1.bias", "conv2.bias", "shortcut.bias")


def _run(devices, dtype, num_steps):
    """The states before and after some steps."""
    start = _wide(_start(), dtype)
    batches = [devices.place_images(_wide(reals(i), dtype)) for i in range(num_steps)]
    state = devices.place_state(start)
    step = jax.jit(
        functools.partial(train_step, config=CONFIG, sharding=devices.images)
    )
    compiled = step.lower(state, batches[0]).compile()
    for batch in batches:
        state, _ = compiled(state, batch)
    sharded = jax.tree.leaves(compiled.input_shardings)
    return start, state, len(sharded[-1].device_set)


@functools.cache
def _start():
    return jax.device_get(jax.jit(initial_state, static_argnums=0)(CONFIG))


def _wide(tree, dtype):
    wide = lambda leaf: leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf
    return jax.tree.map(wide, jax.device_get(tree))


def _differences(a, b, *, floor):
    """The largest difference of each leaf, relative to its largest value or a floor."""
    pairs = zip(jax.tree.leaves_with_path(a), jax.tree.leaves(b), strict=True)
    for (path, x), y in pairs:
        x, y = (np.asarray(leaf, np.float64) for leaf in (x, y))
        scale = max(np.abs(x).max(), floor)
        yield jax.tree_util.keystr(path, simple=True, separator="."), scale, x - y


def _largest(a, b, *, floor):
    parts = _differences(a, b, floor=floor)
    return max(float(np.abs(d).max() / scale) for _, scale, d in parts)


def _gradient_differences(a, b):
    """The largest relative difference, and what is left where the truth is zero.

    Normalization follows the generator's blocks and takes away what a bias adds, so the
    gradient of those biases is rounding alone.
    """
    largest, cancelled = 0.0, 0.0
    for name, scale, difference in _differences(a, b, floor=1e-30):
        size = float(np.abs(difference).max())
        if name.startswith("0.block") and name.endswith(_CANCELLED):
            cancelled = max(cancelled, size, scale)
        else:
            largest = max(largest, size / scale)
    return largest, cancelled


def _of_one_step():
    start, one, two, num_devices = _both(jnp.float32, num_steps=1)
    difference, cancelled = _gradient_differences(
        gradients(CONFIG, start, one), gradients(CONFIG, start, two)
    )
    return {
        "devices": num_devices,
        "gradient_difference": difference,
        "cancelled": cancelled,
    }


def _of_five_steps():
    with jax.enable_x64(True):
        _, one, two, num_devices = _both(jnp.float64, num_steps=5)
    difference = _largest(one, two, floor=1.0)
    return {"devices": num_devices, "state_difference": difference}


def _both(dtype, *, num_steps):
    mesh = jax.make_mesh((2,), ("image",), axis_types=(jax.sharding.AxisType.Auto,))
    start, one, _ = _run(Devices(None), dtype, num_steps)
    _, two, num_devices = _run(Devices(mesh), dtype, num_steps)
    return start, one, two, num_devices


def main() -> None:
    print(json.dumps({"float32": _of_one_step(), "float64": _of_five_steps()}))


if __name__ == "__main__":
    main()
