"""Writes the ProGAN goldens from checkouts of genforce and gandissect.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_progan GENFORCE GANDISSECT

where GENFORCE, of github.com/genforce/genforce, is at commit
197feee82101b78266521c8470648bbb9b7f31f4, and GANDISSECT, of
github.com/CSAILVision/gandissect, at f55fc5683bebe2bd6c598d703efa6f4e6fb488bf. Both
import one file of theirs, which needs nothing but torch. A file holds, for every layer
under jgan's name, some pixels of the activation, its mean of each unit and its largest
absolute number.
"""

import json
import re
import sys

import numpy as np
import torch

from tests.golden import progan_cases as cases


def main(genforce: str, gandissect: str) -> None:
    # Each file from its own folder: their packages import much that is not needed.
    sys.path[:0] = [f"{genforce}/models", f"{gandissect}/netdissect"]
    from pggan_generator import PGGANGenerator
    from proggan import ProgressiveGenerator

    for case, options in cases.CASES.items():
        is_genforce = case.startswith("genforce")
        model = (PGGANGenerator if is_genforce else ProgressiveGenerator)(**options)
        shapes = {n: tuple(a.shape) for n, a in model.state_dict().items()}
        arrays = cases.seeded_arrays(case, shapes)
        model.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()})
        taps = run(model.eval(), case, first=0 if is_genforce else 1)
        images = taps["images"]
        contrast = float(np.sqrt(np.mean(images.var((0, 1, 2)))))
        print(f"{case}: from {images.min():.2f} to {images.max():.2f}, {contrast:.2f}")
        if contrast < 0.3:
            raise SystemExit("These images would hide an error.")
        golden = {"shapes": np.array(json.dumps(shapes))}
        for layer, tap in taps.items():
            rows, cols = cases.kept_pixels(case, layer, tap.shape[1])
            golden[layer] = tap[:, rows, cols]
            golden[f"{layer}/mean"] = tap.mean((0, 1, 2), dtype=np.float64)
            golden[f"{layer}/max"] = np.abs(tap).max()
        np.savez_compressed(cases.FOLDER / f"progan_{case}.npz", **golden)


@torch.inference_mode()
def run(model, case, *, first) -> dict[str, np.ndarray]:
    """Returns images and taps under jgan's names, channels last."""
    taps = {}

    def keep(name, output):
        taps[name] = output.permute(0, 2, 3, 1).numpy().copy()

    for module, layer in model.named_children():
        if match := re.fullmatch(r"layer(\d+)", module):
            name = f"layer{int(match[1]) - first + 1}"
            layer.register_forward_hook(lambda m, x, y, name=name: keep(name, y))
    images = model(torch.tensor(cases.seeded_latents(case)))
    keep("images", images["image"] if isinstance(images, dict) else images)
    return taps


if __name__ == "__main__":
    main(*sys.argv[1:])
