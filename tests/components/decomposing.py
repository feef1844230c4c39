"""Decomposes in a process of its own, which may have several devices.

python -m tests.components.decomposing OUT SHARES
"""

import pathlib
import sys

import jax
import numpy as np

from jgan import components
from jgan.components import Ranks
from tests.components.planted import KEY, tucker_gan


def run(shares: int) -> dict[str, np.ndarray]:
    """A decomposition, and what a regression on it predicts, by a mesh's devices."""
    gan = tucker_gan(noise=0.4)
    kinds = (jax.sharding.AxisType.Auto,)
    mesh = jax.make_mesh((shares,), ("image",), axis_types=kinds)
    # 150 leave a partial batch, of which some devices have nothing.
    sizes = {"num_images": 150, "batch_size": 16, "mesh": mesh, "key": KEY}
    found = components.mpca(gan, "layer", ranks=Ranks(2, 3, 4), **sizes)
    ridge = components.ridge_regression(gan, "layer", found, **sizes)
    latents = gan.sample_latents(20, key=jax.random.key(8))
    activation = gan.forward(gan.params, latents, None)[1]["layer"]
    return {
        "mean": np.asarray(found.mean),
        "captured": np.asarray(found.captured),
        **{f"{mode} spectrum": values for mode, values in found.spectra.items()},
        **{f"{mode} basis": found.basis(mode) for mode in found.spectra},
        "predicted": np.asarray(ridge.regression.predict(activation)["z"]),
    }


if __name__ == "__main__":
    np.savez(pathlib.Path(sys.argv[1]), **run(int(sys.argv[2])))
