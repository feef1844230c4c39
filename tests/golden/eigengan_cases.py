"""What the EigenGAN goldens are made of, for the scripts and for the tests.

Weights are drawn in the order of their sorted names, so a golden file of the port holds
outputs only. Those of the official code lie beside theirs, as TensorFlow wrote them.
"""

import json
import math

import numpy as np

from tests.golden.biggan_cases import FOLDER, rng

# As the port's generator takes them.
PORT = {
    "port_32": {
        "size": 32,
        "n_basis": 3,
        "noise_dim": 10,
        "base_channels": 4,
        "max_channels": 12,
    },
    "port_64": {
        "size": 64,
        "n_basis": 6,
        "noise_dim": 16,
        "base_channels": 3,
        "max_channels": 32,
    },
}
# As the official generator takes them: dimensions of each layer, size of `eps`, and how
# wide it is.
OFFICIAL = {
    "official_16": {"z_dims": (3, 2), "eps_dim": 5, "dim_10": 0.0625, "exact": False},
    "official_32": {"z_dims": (2, 4, 3), "eps_dim": 6, "dim_10": 0.125, "exact": True},
}
_NUM_IMAGES = 2
_COLORS = {"port_32": 0.1, "port_64": 0.04}


def seeded_arrays(case: str, shapes: dict[str, tuple[int, ...]]) -> dict:
    """Returns a state dict of the port: kernels that keep the variance, bases that are
    nothing near orthogonal, and biases that count.
    """
    draw = rng("eigengan", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        shape = shapes[name]
        spread = 0.3
        if len(shape) == 4:
            # Three quarters of the zero-spread map are zeros.
            last = name.startswith("to_rgb")
            spread = math.sqrt(2 / (shape[1 if last else 0] * shape[2]))
            # Colors are to be within the hyperbolic tangent.
            spread *= _COLORS[case] if last else 1.0
        if name.endswith(".U"):
            spread = 1 / math.sqrt(shape[1] / 16)
        arrays[name] = np.float32(spread * draw.standard_normal(shape))
    return arrays


def seeded_latents(case: str, dims: tuple[int, ...], noise_dim: int) -> tuple:
    """Returns `z`, the layers' dimensions one after the other, and `eps`."""
    draw = rng("eigengan", case, "latents")
    z = draw.standard_normal((_NUM_IMAGES, sum(dims)))
    return np.float32(z), np.float32(draw.standard_normal((_NUM_IMAGES, noise_dim)))


def read(case: str) -> tuple[dict, dict]:
    """Returns what the port gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"eigengan_{case}.npz") as golden:
        outputs = dict(golden)
    return outputs, seeded_arrays(case, json.loads(str(outputs.pop("shapes"))))
