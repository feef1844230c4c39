"""What the BigGAN goldens are made of, for the script and for the test.

Weights come from a seeded NumPy generator in the order of their sorted names, so a
golden file holds outputs only.
"""

import hashlib
import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent

# As the reference's Generator takes them. 8 to 16 units at the narrowest keep it small.
CASES = {
    "32_unshared": {"resolution": 32, "G_ch": 8, "G_attn": "16", "G_shared": False},
    "64": {"resolution": 64, "G_ch": 16, "G_attn": "64"},
    "64_hier": {"resolution": 64, "G_ch": 8, "G_attn": "32", "hier": True},
    "128": {"resolution": 128, "G_ch": 8, "G_attn": "0", "mybn": True},
    "128_hier": {"resolution": 128, "G_ch": 12, "G_attn": "64", "hier": True},
    "256": {"resolution": 256, "G_ch": 8, "G_attn": "64"},
    "256_hier": {"resolution": 256, "G_ch": 8, "G_attn": "32_64", "hier": True},
    "512_hier": {"resolution": 512, "G_ch": 8, "G_attn": "64", "hier": True},
}
NUM_CLASSES = 6
_COMMON = {"n_classes": NUM_CLASSES, "dim_z": 24, "shared_dim": 10, "G_shared": True}
_NUM_IMAGES = 2
# Pixels kept of every tap, and of images above 128 px: enough to place an error, few
# enough for all files together to stay below 5 MB.
NUM_PIXELS = 16


def reference_options(case: str) -> dict:
    """Returns the arguments of the reference's Generator."""
    return _COMMON | CASES[case]


def rng(*words: str) -> np.random.Generator:
    digest = hashlib.sha256(" ".join(words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def seeded_arrays(
    case: str, shapes: dict[str, tuple[int, ...]], exposure: np.ndarray
) -> dict:
    """Returns a state dict: weights N(0, 1), and nothing at its neutral value.

    `exposure` is a contrast and three shifts. As drawn, some images are flat or
    saturated, which hides errors; so the last layer is scaled and shifted.
    """
    draw = rng(case, "weights")
    arrays = {}
    for name in sorted(shapes):
        leaf = name.rpartition(".")[2]
        if leaf in ("stored_var", "running_var"):
            array = draw.uniform(0.5, 2.0, shapes[name])
        elif leaf == "accumulation_counter":
            array = np.zeros(shapes[name])
        elif leaf == "gamma":
            array = np.float64(0.8)
        else:
            array = draw.standard_normal(shapes[name])
        arrays[name] = np.asarray(array, np.float32)
    norm = next(n for n in shapes if n.startswith("output_layer.0.") and "gain" in n)
    for name in (norm, norm.replace("gain", "bias")):
        arrays[name] *= np.float32(exposure[0])
    arrays["output_layer.2.bias"] += exposure[1:].astype(np.float32)
    return arrays


def seeded_latents(case: str, latent_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns `z` and the class labels."""
    draw = rng(case, "latents")
    z = draw.standard_normal((_NUM_IMAGES, latent_dim)).astype(np.float32)
    return z, draw.integers(0, NUM_CLASSES, _NUM_IMAGES)


def kept_pixels(case: str, layer: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and columns of a layer that a golden file holds."""
    if layer == "images" and side <= 128:
        rows, cols = np.mgrid[:side, :side]
        return rows.ravel(), cols.ravel()
    pixels = NUM_PIXELS * (64 if layer == "images" else 1)
    return tuple(rng(case, layer).integers(0, side, (2, pixels)))


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"biggan_{case}.npz") as golden:
        outputs = dict(golden)
    shapes = json.loads(str(outputs.pop("shapes")))
    return outputs, seeded_arrays(case, shapes, outputs.pop("exposure"))
