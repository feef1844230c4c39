"""Writes the golden network pickles from a checkout of NVIDIA's.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_nvidia CASE CHECKOUT

where CASE is nvidia_ada and CHECKOUT is stylegan2-ada-pytorch at commit d72cc7d, or
nvidia_3 and stylegan3 at c233a91. The networks are tiny, their weights are of jgan's
own, and the source code that NVIDIA's pickles carry is left out: no file holds any of
it. Beside each pickle lies a JSON file of the state dicts' names and shapes.
"""

import importlib
import json
import pickle
import sys
import types

import torch

from tests.golden.nvidia_cases import CASES, FOLDER, seeded_array


def main(case: str, checkout: str) -> None:
    sys.path.insert(0, checkout)
    # stylegan3 asks it for a parser of versions, and new setuptools lack it.
    packages = types.ModuleType("pkg_resources")
    packages.parse_version = importlib.import_module("packaging.version").parse
    sys.modules.setdefault("pkg_resources", packages)
    from torch_utils import persistence

    persistence._module_to_src = lambda module: ""  # Before a class is decorated.
    networks = importlib.import_module(CASES[case])
    augment = importlib.import_module("training.augment")
    from dnnlib import EasyDict

    image = {"c_dim": 2, "img_resolution": 8, "img_channels": 3}
    widths = EasyDict(channel_base=32, channel_max=4)
    nested = {"synthesis_kwargs": widths} if case == "nvidia_ada" else dict(widths)
    latent = {"z_dim": 3, "w_dim": 4, "mapping_kwargs": EasyDict(num_layers=2)}
    modules = {
        "G": networks.Generator(**latent, **nested, **image),
        "D": networks.Discriminator(**widths, **image),
        "G_ema": networks.Generator(**latent, **nested, **image),
        "augment_pipe": augment.AugmentPipe(xflip=1, scale=1),
    }
    shapes = {}
    for name, module in modules.items():
        module.eval().requires_grad_(False)
        tensors = module.state_dict()
        for key, tensor in tensors.items():
            tensor.copy_(torch.tensor(seeded_array(f"{name}.{key}", tensor.shape)))
        shapes[name] = {key: list(tensor.shape) for key, tensor in tensors.items()}
    dataset = {"class_name": "training.dataset.ImageFolderDataset", "use_labels": True}
    content = {"training_set_kwargs": dataset, **modules}
    # Protocol 3 is what Python 3.7 wrote, with which the published files were made.
    with open(FOLDER / f"{case}.pkl", "wb") as file:
        pickle.dump(content, file, protocol=3)
    (FOLDER / f"{case}.json").write_text(json.dumps(shapes) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
