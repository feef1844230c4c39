"""Compares steps on two devices with the same steps on one; prints the differences."""

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np

from jgan.interpretable import Originals, train_step
from jgan.interpretable._recipe import _Recipe
from jgan.training._devices import Devices
from tests.generators import make_gan
from tests.interpretable.tiny import CONFIG

# All weights count. Swaps take from the image before, which may be on the other device.
# At these rates, what Adam makes of a gradient about zero does not.
_RATE = 1e-6
_CONFIG = dataclasses.replace(
    CONFIG,
    locality_weight=20.0,
    fidelity_weight=100.0,
    energy=dataclasses.replace(CONFIG.energy, learning_rate=_RATE),
    generator_rate=_RATE,
    discriminator_rate=_RATE,
)
_NUM_STEPS = 3


def _wide(tree):
    wide = lambda leaf: leaf.astype(jnp.float64) if leaf.dtype.kind == "f" else leaf
    return jax.tree.map(wide, jax.device_get(tree))


def _run(devices, start, reals):
    """What is trained after some steps, and what they cost."""
    gan = make_gan("biggan")
    step = functools.partial(
        train_step, gan, config=_CONFIG, moves=True, sharding=devices.images
    )
    step, state, metrics = jax.jit(step), devices.place_state(start), []
    for _ in range(_NUM_STEPS):
        state, told = step(state, devices.place_images(reals))
        # Kinks: a gradient may be another one for the last bit of an activation.
        metrics.append(told._replace(generator_gradient=0, discriminator_gradient=0))
    trained = (state.generator, state.ema, state.discriminator, state.energy.params)
    return jax.device_get((trained, metrics))


def _difference(a, b):
    scale = max(1.0, float(np.abs(a).max()))
    return float(np.abs(np.asarray(a, np.float64) - b).max()) / scale


def main() -> None:
    mesh = jax.make_mesh((2,), ("image",), axis_types=(jax.sharding.AxisType.Auto,))
    gan = make_gan("biggan")
    recipe = _Recipe(gan, _CONFIG, "Originals")
    start = _wide(recipe.refresh(recipe.initial_state(), 1))
    reals = _wide(Originals(gan).sample(_CONFIG.batch_size, key=jax.random.key(5)))
    with jax.enable_x64(True):
        one, two = (_run(Devices(shared), start, reals) for shared in (None, mesh))
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    print(
        json.dumps(
            {
                "devices": mesh.size,
                "swaps": [float(told.locality) for told in one[1]],
                "difference": max(_difference(a, b) for a, b in pairs),
            }
        )
    )


if __name__ == "__main__":
    main()
