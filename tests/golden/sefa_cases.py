"""What the SeFa goldens are made of, for the script and for the test.

As for BigGAN, weights are drawn in the order of their sorted names.
"""

import json
from typing import NamedTuple

import numpy as np

from tests.golden.biggan_cases import FOLDER, rng


class Case(NamedTuple):
    """One generator of the reference, and what of it is factorized.

    Attributes:
        kind: ``pggan`` or ``stylegan2``.
        sizes: Arguments of the generator.
        layers: Which layers, as the reference takes them.
    """

    kind: str
    sizes: dict
    layers: str | list[int]


_STYLEGAN2 = {
    "resolution": 32,
    "z_space_dim": 6,
    "w_space_dim": 10,
    "mapping_layers": 2,
    "mapping_fmaps": 7,
    # 16 units, and 8 of the last.
    "fmaps_base": 256,
    "fmaps_max": 16,
}
CASES = {
    "stylegan2": Case("stylegan2", _STYLEGAN2, "all"),
    # The last layer is one to an image, the one before to no image.
    "stylegan2_some": Case("stylegan2", _STYLEGAN2, [1, 2, 7]),
    "stylegan2_plain": Case(
        "stylegan2", _STYLEGAN2 | {"architecture": "origin"}, "all"
    ),
    "pggan": Case(
        "pggan",
        {"resolution": 8, "z_space_dim": 10, "fmaps_base": 64, "fmaps_max": 8},
        "all",
    ),
}


def seeded_arrays(case: str, shapes: dict[str, tuple[int, ...]]) -> dict:
    """Returns a state dict, without the filters.

    Weights of different units are of different lengths.
    """
    draw = rng("sefa", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        array = draw.standard_normal(shapes[name])
        if array.ndim > 1:
            length = draw.uniform(0.2, 2.0, (len(array), *(1,) * (array.ndim - 1)))
            array = array * length
        # Growing has ended.
        arrays[name] = np.asarray(0.0 if name == "lod" else array, np.float32)
    return arrays


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"sefa_{case}.npz") as golden:
        outputs = dict(golden)
    arrays = seeded_arrays(case, json.loads(str(outputs.pop("shapes"))))
    filters = {n: outputs.pop(n) for n in [*outputs] if n.endswith(".kernel")}
    return outputs, arrays | filters
