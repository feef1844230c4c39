"""Compares steps on two devices with the same steps on one; prints the differences."""

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np

from jgan.eigengan import initial_state, train_step
from jgan.training import mesh_of_cores
from jgan.training._devices import Devices
from jgan.worlds import ScenesWorld
from tests.eigengan.tiny import CONFIG

# Colors are compared between all images, and classes counted over all, whichever device
# they are on.
_CONFIG = dataclasses.replace(
    CONFIG,
    batch_size=16,
    color_weight=10.0,
    class_weight=0.5,
    discriminator=dataclasses.replace(CONFIG.discriminator, num_classes=8),
)
_NUM_STEPS = 3


def _run(devices):
    """The state after some steps, the first with a penalty, and their metrics."""
    wide = lambda leaf: leaf.astype(jnp.float64) if leaf.dtype.kind == "f" else leaf
    reals = ScenesWorld(16).sample(_CONFIG.batch_size, key=jax.random.key(0))
    images = jax.tree.map(wide, jax.device_get(reals))
    state = devices.place_state(
        jax.tree.map(wide, jax.device_get(initial_state(_CONFIG)))
    )
    metrics = []
    for number in range(_NUM_STEPS):
        step = functools.partial(
            train_step,
            config=_CONFIG,
            penalized=number == 0,
            sharding=devices.images,
        )
        state, told = jax.jit(step)(state, devices.place_images(images))
        metrics.append(told)
    return jax.device_get((state, metrics))


def _difference(a, b):
    scale = max(1.0, float(np.abs(a).max()))
    return float(np.abs(np.asarray(a, np.float64) - b).max()) / scale


def main() -> None:
    mesh = mesh_of_cores(_CONFIG.batch_size)
    with jax.enable_x64(True):
        one, two = _run(Devices(None)), _run(Devices(mesh))
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    print(
        json.dumps(
            {
                "devices": mesh.size if mesh else 1,
                "difference": max(_difference(a, b) for a, b in pairs),
            }
        )
    )


if __name__ == "__main__":
    main()
