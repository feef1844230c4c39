"""What the StyleGAN2 goldens are made of, for the script and for the test.

As for BigGAN, weights are drawn in the order of their sorted names. They are at the
scale of trained ones: kernels of deviation one, those of the mapping a hundred times
that, and nothing at its neutral value.
"""

import json
from typing import NamedTuple

import numpy as np

from tests.golden.biggan_cases import FOLDER, rng


class Case(NamedTuple):
    """One network of one repository, and the controls it is run with.

    Attributes:
        source: Whose: ``nvidia``, ``stylegan3``, ``rosinality`` or ``genforce``.
        sizes: Arguments of its generator.
        num_classes: Number of classes, 0 for none.
        controls: Psi, cutoff (None for all layers) and factor on the noise.
    """

    source: str
    sizes: dict
    num_classes: int
    controls: tuple[tuple[float, int | None, float], ...]


_ALL = ((1.0, None, 1.0), (0.7, None, 1.0), (0.5, 3, 0.0))
_DIMS = {"z_dim": 12, "w_dim": 10, "img_channels": 3}
_MAPPING = {"num_layers": 3, "embed_features": 9, "layer_features": 11}


def _nvidia(side: int, num_classes: int, **synthesis) -> dict:
    sizes = {**_DIMS, "img_resolution": side, "c_dim": num_classes}
    sizes["mapping_kwargs"] = dict(_MAPPING)
    sizes["synthesis_kwargs"] = {"channel_base": 8 * side, "channel_max": 16}
    sizes["synthesis_kwargs"] |= synthesis
    return sizes


def _genforce(side: int, num_classes: int, architecture: str) -> dict:
    return {
        "resolution": side,
        "z_space_dim": 12,
        "w_space_dim": 10,
        "label_size": num_classes,
        "mapping_layers": 3,
        "mapping_fmaps": 11,
        "architecture": architecture,
        "fmaps_base": 8 * side,
        "fmaps_max": 16,
    }


CASES = {
    "nvidia_skip": Case("nvidia", _nvidia(64, 0), 0, _ALL),
    "nvidia_resnet": Case("nvidia", _nvidia(32, 5, architecture="resnet"), 5, _ALL),
    # At which the clamp bites.
    "nvidia_orig": Case(
        "nvidia", _nvidia(32, 5, architecture="orig", conv_clamp=1.5), 5, _ALL
    ),
    "nvidia_skip_classes": Case("nvidia", _nvidia(32, 5, conv_clamp=2.0), 5, _ALL),
    "nvidia_quiet": Case("nvidia", _nvidia(32, 0, use_noise=False), 0, _ALL[1:2]),
    "nvidia_1024": Case("nvidia", _nvidia(1024, 0), 0, _ALL[1:2]),
    # The only sizes that it has: 512 units up to 32 pixels.
    "rosinality": Case(
        "rosinality", {"size": 32, "style_dim": 16, "n_mlp": 3}, 0, _ALL[:2]
    ),
    "genforce_skip": Case("genforce", _genforce(64, 0, "skip"), 0, _ALL),
    "genforce_orig": Case("genforce", _genforce(32, 5, "origin"), 5, _ALL),
}
_NUM_IMAGES = 2
_NUM_PIXELS = {"images": 512}
_FEW = 6


def seeded_arrays(case: str, shapes: dict[str, tuple[int, ...]]) -> dict:
    """Returns a state dict, without the filters, which are not drawn."""
    draw = rng("stylegan2", case, "weights")
    arrays = {}
    for name in sorted(shapes):
        array = draw.standard_normal(shapes[name])
        arrays[name] = np.asarray(array * _scale(name) + _middle(name), np.float32)
    return arrays


def _scale(name: str) -> float:
    mapping = name.startswith(("mapping.fc", "mapping.dense", "style."))
    if name.endswith("weight") and "noise" not in name:
        return 100.0 if mapping else 1.0
    if name.endswith("bias"):
        return 10.0 if mapping else 0.3
    if "strength" in name or name.endswith(("noise.weight", "w_avg", "latent_avg")):
        return 0.3
    return 1.0


def _middle(name: str) -> float:
    # Genforce adds the 1 itself.
    return 1.0 if name.endswith(("affine.bias", "modulation.bias")) else 0.0


def seeded_latents(case: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns `z` and the class labels."""
    draw = rng("stylegan2", case, "latents")
    sizes, num_classes = CASES[case].sizes, CASES[case].num_classes
    dim = next(sizes[n] for n in ("z_dim", "z_space_dim", "style_dim") if n in sizes)
    z = draw.standard_normal((_NUM_IMAGES, dim)).astype(np.float32)
    labels = draw.integers(0, num_classes, _NUM_IMAGES) if num_classes else None
    return z, labels


def kept_pixels(
    case: str, layer: str, shape: tuple[int, ...]
) -> tuple[np.ndarray, ...]:
    """Returns where, in the axes between image and unit, a golden file holds a tap."""
    draw = rng("stylegan2", case, layer)
    number = _NUM_PIXELS.get(layer, _FEW)
    return tuple(draw.integers(0, side, number) for side in shape[1:-1])


def place(control: tuple[float, int | None, float], layer: str) -> str:
    """Returns the name of a tap in a golden file."""
    return "/".join([*map(str, control), layer])


def read(case: str) -> tuple[dict, dict]:
    """Returns what the reference gave, and the state dict it gave it for."""
    with np.load(FOLDER / f"stylegan2_{case}.npz") as golden:
        outputs = dict(golden)
    shapes = json.loads(str(outputs.pop("shapes")))
    arrays = seeded_arrays(case, shapes)
    filters = [n.removeprefix("filter/") for n in outputs if n.startswith("filter/")]
    return outputs, arrays | {name: outputs[f"filter/{name}"] for name in filters}
