"""Writes the goldens of EigenGAN's PyTorch port from a checkout of it.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_eigengan PORT

where PORT, of github.com/bryandlee/eigengan-pytorch, is at commit
3e2ced8ce0edcd745bcde9484116445bd0e47e8e; ``model.py`` is imported, which needs nothing
but torch. A file holds the images and, under jgan's names, every layer.
"""

import json
import sys

import numpy as np
import torch

from tests.golden import eigengan_cases as cases


def main(port: str) -> None:
    sys.path.insert(0, port)
    from model import Generator

    for case, options in cases.PORT.items():
        model = Generator(**options).eval()
        shapes = {n: tuple(a.shape) for n, a in model.state_dict().items()}
        arrays = cases.seeded_arrays(case, shapes)
        model.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()})
        golden = run(model, case)
        images = golden["images"]
        contrast = float(np.sqrt(np.mean(images.var((0, 1, 2)))))
        flat = float(np.mean(np.abs(images) > 0.99))
        print(f"{case}: contrast {contrast:.2f}, {flat:.1%} at the ends")
        if contrast < 0.3 or flat > 0.2:
            raise SystemExit("These images would hide an error.")
        np.savez_compressed(
            cases.FOLDER / f"eigengan_{case}.npz",
            shapes=np.array(json.dumps(shapes)),
            **golden,
        )


@torch.inference_mode()
def run(model, case) -> dict[str, np.ndarray]:
    """Returns images and taps under jgan's names, channels last."""
    taps = {}
    last = lambda output: output.permute(0, 2, 3, 1).numpy().copy()
    for layer, block in enumerate(model.blocks, start=1):

        def keep(module, given, made, layer=layer):
            taps[f"feature{layer}"] = last(made)

        def keep_phi(module, given, layer=layer):
            taps[f"phi{layer}"] = last(given[0])

        block.register_forward_hook(keep)
        block.subspace_conv1.register_forward_pre_hook(keep_phi)
    dims = (model.n_basis,) * model.n_blocks
    z, eps = cases.seeded_latents(case, dims, model.noise_dim)
    apart = torch.tensor(z).reshape(len(z), model.n_blocks, model.n_basis)
    images = model((torch.tensor(eps), apart))
    return {"images": last(images), **taps}


if __name__ == "__main__":
    main(*sys.argv[1:])
