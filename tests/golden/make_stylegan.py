"""Writes the StyleGAN goldens from a checkout of genforce.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_stylegan GENFORCE

where GENFORCE, of github.com/genforce/genforce, is at commit
197feee82101b78266521c8470648bbb9b7f31f4. A file holds, for every control and for every
tap under jgan's name, some of its pixels, its mean of each unit and its largest
absolute number.
"""

import json
import pathlib
import sys
import types

import numpy as np
import torch

from tests.golden import stylegan_cases as cases


def main(genforce: str) -> None:
    # Its package imports what is not needed here.
    path = pathlib.Path(genforce) / "models" / "stylegan_generator.py"
    text = path.read_text().replace("from .sync_op import all_gather", "")
    module = types.ModuleType("genforce_stylegan")
    exec(compile(text, path, "exec"), module.__dict__)
    for case, sizes in cases.CASES.items():
        model = module.StyleGANGenerator(**sizes).eval()
        shapes = {n: tuple(a.shape) for n, a in model.state_dict().items()}
        arrays = cases.seeded_arrays(case, shapes)
        for name, own in model.state_dict().items():
            if name.endswith("blur.kernel") and not np.array_equal(own, arrays[name]):
                raise SystemExit(f"{name} is not what the cases take it for.")
        model.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()})
        golden = {"shapes": np.array(json.dumps(shapes))}
        for control in cases.CONTROLS:
            taps = _run(model, case, control)
            contrast = float(np.sqrt(np.mean(taps["images"].var((0, 1, 2)))))
            print(f"{case} {control}: contrast {contrast:.2f}, {len(taps)} taps")
            if contrast < 0.3:
                raise SystemExit("These images would hide an error.")
            for layer, tap in taps.items():
                name = cases.place(control, layer)
                where = cases.kept_pixels(case, layer, tap.shape)
                golden[name] = tap[(slice(None), *where)]
                axes = tuple(range(tap.ndim - 1))
                golden[f"{name}/mean"] = tap.mean(axes, dtype=np.float64)
                golden[f"{name}/max"] = np.abs(tap).max()
        np.savez_compressed(cases.FOLDER / f"stylegan_{case}.npz", **golden)


@torch.inference_mode()
def _run(model, case, control) -> dict[str, np.ndarray]:
    """Returns images and taps under jgan's names, channels last."""
    psi, cutoff, noise = control
    taps, handles = {}, []

    def keep(name, tensor):
        array = tensor.numpy()
        taps[name] = (np.moveaxis(array, 1, -1) if array.ndim == 4 else array).copy()

    for number in range(model.num_layers):
        layer = model.synthesis.get_submodule(f"layer{number}")
        name = f"b{4 * 2 ** (number // 2)}.conv{number % 2}"
        hook = lambda _, inputs, out, name=name: keep(name, out[0])
        handles.append(layer.register_forward_hook(hook))
    strengths = [
        p for n, p in model.named_parameters() if n.endswith("apply_noise.weight")
    ]
    before = [p.clone() for p in strengths]
    for parameter in strengths:
        parameter.data.mul_(noise)
    z, labels = cases.seeded_latents(case)
    hot = None
    if labels is not None:
        num_classes = cases.CASES[case]["label_size"]
        hot = torch.nn.functional.one_hot(torch.tensor(labels), num_classes).float()
    layers = model.num_layers if cutoff is None else cutoff
    out = model(torch.tensor(z), hot, trunc_psi=psi, trunc_layers=layers)
    for name, key in (("w", "w"), ("w_plus", "wp"), ("images", "image")):
        keep(name, out[key])
    for handle in handles:
        handle.remove()
    for parameter, value in zip(strengths, before, strict=True):
        parameter.data.copy_(value)
    return taps


if __name__ == "__main__":
    main(*sys.argv[1:])
