"""What the BigGAN-deep goldens are made of, for the script and for the test.

As for BigGAN, weights are drawn in the order of their sorted names.
"""

import json
import re

import numpy as np

from tests.golden.biggan_cases import FOLDER, NUM_PIXELS, rng

# Resolution and width. At 512 pixels a single truncation keeps it quick.
CASES = {"128": (128, 8), "256": (256, 8), "512": (512, 4)}
# On a step, between two, on one whose division leaves a remainder, and at the end.
TRUNCATIONS = {
    "128": (0.4, 0.405, 0.58, 1.0),
    "256": (0.4, 0.405, 1.0),
    "512": (0.405,),
}
NUM_CLASSES = 6
LATENT = 12
_UNITS = {
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
_NUM_IMAGES = 2
_KINDS = {None: "", "scale": ".gain", "offset": ".bias"}


def reference_config(case: str) -> dict:
    """Returns the content of the reference's config.json."""
    resolution, width = CASES[case]
    units = _UNITS[resolution]
    layers = []
    for a, b in zip(units, units[1:], strict=False):
        layers += [[False, a, a], [True, a, b]]
    return {
        "output_dim": resolution,
        "z_dim": LATENT,
        "class_embed_dim": LATENT,
        "channel_width": width,
        "num_classes": NUM_CLASSES,
        "layers": layers,
        "attention_layer_position": 8,
        "eps": 1e-4,
        "n_stats": 51,
    }


def seeded_arrays(
    case: str, shapes: dict[str, tuple[int, ...]], exposure: np.ndarray
) -> dict:
    """Returns a state dict: weights N(0, 1), and nothing at its neutral value.

    Statistics of any two truncations differ enough to tell which were used.
    `exposure` is as for BigGAN.
    """
    draw = rng("deep", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        if name.endswith("running_vars"):
            array = draw.uniform(0.5, 2.0, shapes[name])
        elif name.endswith("running_means"):
            steps, units = shapes[name]
            noise = draw.standard_normal((steps, units))
            array = draw.standard_normal(units) + 0.3 * noise
        elif name.endswith(".gamma"):
            array = np.full(shapes[name], 0.8)
        else:
            array = draw.standard_normal(shapes[name])
        arrays[name] = np.asarray(array, np.float32)
    for name in ("generator.bn.weight", "generator.bn.bias"):
        arrays[name] *= np.float32(exposure[0])
    arrays["generator.conv_to_rgb.bias"][:3] += exposure[1:].astype(np.float32)
    for name in [n for n in shapes if n.endswith("weight_orig")]:
        stem = name.removesuffix("orig")
        _iterate(arrays, name, f"{stem}u", f"{stem}v")
    return arrays


def _iterate(arrays: dict, weight: str, left: str, right: str) -> None:
    """Makes random vectors into what some steps of training leave."""
    matrix = arrays[weight].reshape(len(arrays[weight]), -1).astype(np.float64)
    u = arrays[left].astype(np.float64)
    for _ in range(3):
        v = u @ matrix
        v /= np.linalg.norm(v)
        u = matrix @ v
        u /= np.linalg.norm(u)
    arrays[left], arrays[right] = u.astype(np.float32), v.astype(np.float32)


def seeded_latents(case: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns `z` and the class labels."""
    draw = rng("deep", case, "latents")
    z = draw.standard_normal((_NUM_IMAGES, LATENT)).astype(np.float32)
    return z, draw.integers(0, NUM_CLASSES, _NUM_IMAGES)


def kept_pixels(case: str, layer: str, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and columns of a layer that a golden file holds."""
    pixels = NUM_PIXELS * (64 if layer == "images" else 1)
    return tuple(rng("deep", case, layer).integers(0, side, (2, pixels)))


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"biggan_deep_{case}.npz") as golden:
        outputs = dict(golden)
    shapes = json.loads(str(outputs.pop("shapes")))
    return outputs, seeded_arrays(case, shapes, outputs.pop("exposure"))


def layer_of(module: str, attention: int = 8) -> str:
    """Returns jgan's name of a module of the reference."""
    number, _, rest = re.fullmatch(r"layers\.(\d+)(\.(.*))?", module).groups()
    if int(number) == attention:
        return "attention"
    block = f"block{int(number) - (int(number) > attention)}"
    if rest is None:
        return block
    norm, kind = re.fullmatch(r"bn_(\d)\.?(scale|offset)?", rest).groups()
    return f"{block}.act{int(norm) + 1}{_KINDS[kind]}"
