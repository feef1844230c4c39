"""Writes the SeFa goldens from a checkout of the authors' code.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_sefa SEFA

where SEFA, of github.com/genforce/sefa, is at commit
0d16060208506f5a68df8826bd581a7e0cf0cb4c. A file holds the vectors and values in the
order of the eigensolver that the code calls, and the shapes of the state dict.
"""

import json
import sys
import types

import numpy as np
import torch

from tests.golden import sefa_cases as cases


def main(sefa: str) -> None:
    sys.path.insert(0, sefa)
    # Its helpers write pages with it, which is not needed here.
    sys.modules["cv2"] = types.ModuleType("cv2")
    from models import build_generator
    from utils import factorize_weight

    for name, case in cases.CASES.items():
        model = build_generator(case.kind, **case.sizes).eval()
        state = model.state_dict()
        drawn = [n for n in state if not n.endswith(".kernel")]
        shapes = {n: tuple(state[n].shape) for n in drawn}
        arrays = cases.seeded_arrays(name, shapes)
        model.load_state_dict(
            {n: torch.tensor(a) for n, a in arrays.items()}, strict=False
        )
        layers, vectors, values = factorize_weight(model, case.layers)
        fall = np.sort(values)[::-1]
        gap = (fall[:-1] - fall[1:]).min() / fall[0]
        print(f"{name}: layers {layers}, values {fall}, smallest gap {gap:.4f}")
        golden = {n: a.numpy() for n, a in state.items() if n.endswith(".kernel")}
        golden |= {"vectors": vectors, "values": values}
        golden["shapes"] = np.array(json.dumps(shapes))
        np.savez_compressed(cases.FOLDER / f"sefa_{name}.npz", **golden)


if __name__ == "__main__":
    main(*sys.argv[1:])
