"""What the StyleGAN goldens are made of, for the script and for the test.

As for BigGAN, weights are drawn in the order of their sorted names, so a golden file
holds outputs only. They are at the scale of trained ones: kernels of deviation one,
those of the mapping a hundred times that, and nothing at its neutral value.
"""

import json

import numpy as np

from tests.golden.biggan_cases import FOLDER, NUM_PIXELS, rng

# Psi, cutoff (None for all layers) and factor on the noise.
CONTROLS = ((1.0, None, 1.0), (0.7, None, 1.0), (0.5, 3, 0.0))


def _sizes(side: int, num_classes: int) -> dict:
    return {
        "resolution": side,
        "z_space_dim": 12,
        "w_space_dim": 10,
        "label_size": num_classes,
        "mapping_layers": 3,
        "mapping_fmaps": 11,
        "fmaps_base": 8 * side,
        "fmaps_max": 16,
    }


# As the reference's generator takes them. From 128 pixels on it fuses layers.
CASES = {"32_classes": _sizes(32, 5), "256": _sizes(256, 0)}
_NUM_IMAGES = 2


def seeded_arrays(case: str, shapes: dict[str, tuple[int, ...]]) -> dict:
    """Returns a state dict."""
    draw = rng("stylegan", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        array = _scale(name) * draw.standard_normal(shapes[name])
        if name.endswith("blur.kernel"):
            array = np.broadcast_to(np.outer((1, 2, 1), (1, 2, 1)) / 16, shapes[name])
        # Growing has ended.
        array = 0.0 if name.endswith("lod") else array
        arrays[name] = np.asarray(array, np.float32)
    return arrays


def _scale(name: str) -> float:
    mapping = name.startswith("mapping.dense")
    if name.endswith("weight") and "noise" not in name:
        return 100.0 if mapping else 1.0
    if name.endswith("bias"):
        return 10.0 if mapping else 0.3
    return 0.3 if name.endswith(("noise.weight", "w_avg")) else 1.0


def seeded_latents(case: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns `z` and the class labels."""
    draw = rng("stylegan", case, "latents")
    sizes = CASES[case]
    z = draw.standard_normal((_NUM_IMAGES, sizes["z_space_dim"])).astype(np.float32)
    num_classes = sizes["label_size"]
    return z, draw.integers(0, num_classes, _NUM_IMAGES) if num_classes else None


def kept_pixels(
    case: str, layer: str, shape: tuple[int, ...]
) -> tuple[np.ndarray, ...]:
    """Returns where, in the axes between image and unit, a golden file holds a tap."""
    draw = rng("stylegan", case, layer)
    pixels = NUM_PIXELS * (16 if layer == "images" else 1)
    return tuple(draw.integers(0, side, pixels) for side in shape[1:-1])


def place(control: tuple[float, int | None, float], layer: str) -> str:
    """Returns the name of a tap in a golden file."""
    return "/".join([*map(str, control), layer])


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"stylegan_{case}.npz") as golden:
        outputs = dict(golden)
    return outputs, seeded_arrays(case, json.loads(str(outputs.pop("shapes"))))
