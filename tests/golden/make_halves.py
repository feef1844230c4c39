"""Writes the golden of halves from a checkout of CSAILVision/gandissect.

Run from the root of jgan, with torch 2.13.0 (CPU) and scikit-image 0.26.0 installed:

    python tests/golden/make_halves.py CHECKOUT

where CHECKOUT is at commit f55fc5683bebe2bd6c598d703efa6f4e6fb488bf. The method
`expand_segment_quad` of its `UnifiedParsingSegmenter` gets label maps made here. In the
file, `segs` is what it returns, [image, slot, row, col]: the given labels are slot 0,
halves are slots 3 and 4. Labels are 0 for none, 1 to 5 for objects, then five each of
upper, left, lower and right halves.

The networks that the package's modules load are empty modules at run time.

What the numbers rest on, in the original:

- Components are of equal labels, corners included, and label 0 has none.
- The last component of each image, in the order of their first pixels, is left out by
  mistake: its halves are 0.
- Rows before `(top + bottom + 1) // 2` are of the upper half, and so are columns.
"""

import hashlib
import pathlib
import sys
import types

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).parent
OBJECTS = 5
ROWS, COLS = 24, 40
_SHA256 = "91d276ddfff33f075942df201519e0d33b0b389b5a02d4ac7c39bf782adee09b"


def load(checkout: str) -> types.ModuleType:
    """Returns the original's module `netdissect.segmenter`."""
    folder = pathlib.Path(checkout, "netdissect")
    found = hashlib.sha256((folder / "segmenter.py").read_bytes()).hexdigest()
    if found != _SHA256:
        raise SystemExit("segmenter.py is of another commit.")
    package = types.ModuleType("netdissect")
    package.__path__ = [str(folder)]
    sys.modules["netdissect"] = package
    for name in ("upsegmodel", "segmodel"):
        module = types.ModuleType(f"netdissect.{name}")
        sys.modules[module.__name__] = module
        setattr(package, name, module)
    from netdissect import segmenter

    return segmenter


def label_maps() -> np.ndarray:
    """Returns maps of blocks that touch at corners, of noise, and of rings."""
    rng = np.random.default_rng(0)
    draw = lambda size: rng.integers(0, OBJECTS + 1, (ROWS // size, COLS // size))
    blocks = [draw(size).repeat(size, 0).repeat(size, 1) for size in (8, 4, 4, 2)]
    few = np.where(rng.random((ROWS, COLS)) < 0.4, 1, 0)
    row, col = np.mgrid[:ROWS, :COLS]
    rings = np.maximum(abs(row - 11), abs(col - 17)) // 2 % 3
    return np.stack([*blocks, draw(1), few, rings, np.full((ROWS, COLS), 2)])


def main(checkout: str) -> None:
    segmenter = load(checkout)
    segs = np.zeros((8, 5, ROWS, COLS), np.int64)
    segs[:, 0] = label_maps()
    settings = types.SimpleNamespace(num_object_classes=OBJECTS)
    expand = segmenter.UnifiedParsingSegmenter.expand_segment_quad
    segs = expand(settings, torch.from_numpy(segs)).numpy()
    np.savez_compressed(
        FOLDER / "halves.npz",
        segs=segs.astype(np.uint8),
        commit="f55fc5683bebe2bd6c598d703efa6f4e6fb488bf",
    )


if __name__ == "__main__":
    main(sys.argv[1])
