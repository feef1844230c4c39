"""What the ProGAN goldens are made of, for the script and for the test.

As for BigGAN, weights are drawn in the order of their sorted names, so a golden file
holds outputs only.
"""

import json

import numpy as np

from tests.golden.biggan_cases import FOLDER, NUM_PIXELS, rng

# As the references' generators take them, by the repository they are of.
CASES = {
    "gandissect_64": {"sizes": [12, 24, 16, 16, 12, 8]},
    "gandissect_256": {"sizes": [10, 12, 16, 12, 8, 8, 6, 4]},
    "genforce_64": {
        "resolution": 64,
        "z_space_dim": 10,
        "fmaps_base": 512,
        "fmaps_max": 24,
    },
    "genforce_64_fused": {
        "resolution": 64,
        "z_space_dim": 10,
        "fmaps_base": 512,
        "fmaps_max": 24,
        "fused_scale": True,
    },
    "genforce_256": {
        "resolution": 256,
        "z_space_dim": 12,
        "fmaps_base": 2048,
        "fmaps_max": 16,
    },
}
# Latent and units that these come to.
SIZES = {
    "gandissect_64": (12, (24, 16, 16, 12, 8)),
    "gandissect_256": (10, (12, 16, 12, 8, 8, 6, 4)),
    "genforce_64": (10, (24, 24, 24, 16, 8)),
    "genforce_64_fused": (10, (24, 24, 24, 16, 8)),
    "genforce_256": (12, (16, 16, 16, 16, 16, 16, 8)),
}
_NUM_IMAGES = 2


def seeded_arrays(case: str, shapes: dict[str, tuple[int, ...]]) -> dict:
    """Returns a state dict: weights N(0, 1) as they begin, and biases that are smaller.

    Larger ones would hide what the weights do.
    """
    draw = rng("progan", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        spread = 1.0 if len(shapes[name]) == 4 else 0.3
        array = spread * draw.standard_normal(shapes[name])
        # Growing has ended.
        arrays[name] = np.asarray(0.0 if name == "lod" else array, np.float32)
    return arrays


def seeded_latents(case: str) -> np.ndarray:
    """Returns `z`. Of gandissect, the last is so small that what is added to it counts.

    genforce normalizes it twice, which hides that.
    """
    latent_dim, _ = SIZES[case]
    z = rng("progan", case, "latents").standard_normal((_NUM_IMAGES, latent_dim))
    if case.startswith("gandissect"):
        z[-1] *= 1e-4
    return z.astype(np.float32)


def kept_pixels(case: str, layer: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and columns of a layer that a golden file holds."""
    if layer == "images" and side <= 64:
        rows, cols = np.mgrid[:side, :side]
        return rows.ravel(), cols.ravel()
    pixels = NUM_PIXELS * (64 if layer == "images" else 1)
    return tuple(rng("progan", case, layer).integers(0, side, (2, pixels)))


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"progan_{case}.npz") as golden:
        outputs = dict(golden)
    return outputs, seeded_arrays(case, json.loads(str(outputs.pop("shapes"))))
