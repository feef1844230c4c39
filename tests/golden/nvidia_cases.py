"""What the golden network pickles hold, and what their test expects."""

import pathlib
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent

# File -> where the repository keeps its networks.
CASES = {"nvidia_ada": "training.networks", "nvidia_3": "training.networks_stylegan2"}


def seeded_array(place: str, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the values of a tensor, such as `G.mapping.fc0.weight`."""
    rng = np.random.default_rng(zlib.crc32(place.encode()))
    return rng.standard_normal(shape).astype(np.float32)
