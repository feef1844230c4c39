"""Writes the StyleGAN2 goldens from checkouts of three repositories.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_stylegan2 NVIDIA ROSINALITY GENFORCE [CASE …]

where NVIDIA is a checkout of github.com/NVlabs/stylegan2-ada-pytorch at commit
d72cc7d041b42ec8e806021a205ed9349f87c6a4, ROSINALITY of
github.com/rosinality/stylegan2-pytorch at bef283a1c24087da704d16c30abc8e36e63efa0e, and
GENFORCE of github.com/genforce/genforce at 197feee82101b78266521c8470648bbb9b7f31f4. A
file holds the shapes of the state dict, its filters, and for each control and tap some
of its pixels, its mean and its maximum.
"""

import contextlib
import importlib
import importlib.util
import json
import pathlib
import re
import sys

import numpy as np
import torch
import torch.utils.cpp_extension

from tests.golden import stylegan2_cases as cases

_FILTER = re.compile(r".*(resample_filter|\.kernel)")


def main(nvidia: str, rosinality: str, genforce: str, *chosen: str) -> None:
    folders = {"nvidia": nvidia, "rosinality": rosinality, "genforce": genforce}
    for case in chosen or cases.CASES:
        source = cases.CASES[case].source
        model = _models(source, pathlib.Path(folders[source]))(case)
        drawn = {n: a for n, a in model.state_dict().items() if not _FILTER.match(n)}
        shapes = {n: tuple(a.shape) for n, a in drawn.items()}
        if source == "rosinality":
            # Kept beside the state dict.
            shapes["latent_avg"] = (cases.CASES[case].sizes["style_dim"],)
        arrays = cases.seeded_arrays(case, shapes)
        torch_arrays = {n: torch.tensor(a) for n, a in arrays.items()}
        mean = torch_arrays.pop("latent_avg", None)
        model.load_state_dict(torch_arrays, strict=False)
        golden = {"shapes": np.array(json.dumps(shapes))}
        for name, array in model.state_dict().items():
            if _FILTER.match(name):
                golden[f"filter/{name}"] = array.numpy()
        for control in cases.CASES[case].controls:
            taps = _RUN[source](model, case, control, mean)
            contrast = float(np.sqrt(np.mean(taps["images"].var((0, 1, 2)))))
            print(f"{case} {control}: contrast {contrast:.3f}, {len(taps)} taps")
            for layer, tap in taps.items():
                name = cases.place(control, layer)
                where = cases.kept_pixels(case, layer, tap.shape)
                golden[name] = tap[(slice(None), *where)]
                golden[f"{name}/mean"] = tap.mean(
                    tuple(range(tap.ndim - 1)), dtype=np.float64
                )
                golden[f"{name}/max"] = np.abs(tap).max()
        np.savez_compressed(cases.FOLDER / f"stylegan2_{case}.npz", **golden)


def _models(source: str, folder: pathlib.Path):
    """Returns what makes the model of a case."""
    if source == "nvidia":
        sys.path.insert(0, str(folder))
        networks = importlib.import_module("training.networks")
        return lambda case: networks.Generator(**cases.CASES[case].sizes).eval()
    if source == "rosinality":
        # On a CPU it does without the extensions that it compiles when imported.
        torch.utils.cpp_extension.load = lambda *_, **__: None
        sys.path.insert(0, str(folder))
        module = importlib.import_module("model")
        return lambda case: module.Generator(**cases.CASES[case].sizes).eval()
    # Its package imports what is not needed here.
    path = folder / "models" / "stylegan2_generator.py"
    text = path.read_text().replace("from .sync_op import all_gather", "")
    spec = importlib.util.spec_from_loader("genforce_stylegan2", loader=None)
    module = importlib.util.module_from_spec(spec)
    exec(compile(text, path, "exec"), module.__dict__)
    return lambda case: module.StyleGAN2Generator(**cases.CASES[case].sizes).eval()


def _array(tensor: torch.Tensor) -> np.ndarray:
    return (
        np.moveaxis(tensor.numpy(), 1, -1).copy()
        if tensor.ndim == 4
        else (tensor.numpy().copy())
    )


@contextlib.contextmanager
def _hooks(model, names):
    """Gives the outputs of modules by jgan's name of them."""
    taps, handles = {}, []
    for module, name in names.items():

        def keep(_, inputs, output, name=name):
            output = output[0] if isinstance(output, tuple) else output
            taps[name] = _array(output)

        handles.append(model.get_submodule(module).register_forward_hook(keep))
    yield taps
    for handle in handles:
        handle.remove()


def _inputs(case):
    z, labels = cases.seeded_latents(case)
    if labels is None:
        return torch.tensor(z), None
    hot = torch.nn.functional.one_hot(
        torch.tensor(labels), cases.CASES[case].num_classes
    )
    return torch.tensor(z), hot.float()


@torch.inference_mode()
def _run_nvidia(model, case, control, mean):
    psi, cutoff, noise = control
    z, hot = _inputs(case)
    modules = dict(model.synthesis.named_modules())
    names = {name: name for name in modules if re.fullmatch(r"b\d+\.conv\d", name)}
    sizes = cases.CASES[case].sizes["synthesis_kwargs"]
    architecture = sizes.get("architecture", "skip")
    blocks = model.synthesis.block_resolutions
    rgb = {}

    def keep_block(side):
        def hook(_, inputs, output):
            x, image = output
            if architecture == "resnet" and side > 4:
                rgb[f"b{side}"] = _array(x)
            if architecture == "skip" and side < blocks[-1]:
                rgb[f"b{side}.rgb"] = _array(image)

        return hook

    handles = [
        model.synthesis.get_submodule(f"b{side}").register_forward_hook(
            keep_block(side)
        )
        for side in blocks
    ]
    with _hooks(model.synthesis, names) as taps:
        w_plus = model.mapping(z, hot, truncation_psi=psi, truncation_cutoff=cutoff)
        mode = "const" if noise else "none"
        images = model.synthesis(w_plus, noise_mode=mode)
    for handle in handles:
        handle.remove()
    plain = model.mapping(z, hot)[:, 0]
    return (
        taps
        | rgb
        | {"w": _array(plain), "w_plus": _array(w_plus), "images": _array(images)}
    )


@torch.inference_mode()
def _run_rosinality(model, case, control, mean):
    psi, cutoff, noise = control
    z, _ = _inputs(case)
    num_blocks = model.log_size - 1
    names = {"conv1": "b4.conv1", "to_rgb1": "b4.rgb"}
    for i in range(1, num_blocks):
        side = 4 * 2**i
        names |= {f"convs.{2 * i - 2}": f"b{side}.conv0"}
        names |= {f"convs.{2 * i - 1}": f"b{side}.conv1"}
        if i < num_blocks - 1:
            names |= {f"to_rgbs.{i - 1}": f"b{side}.rgb"}
    with _hooks(model, names) as taps:
        images, w_plus = model(
            [z],
            truncation=psi,
            truncation_latent=mean[None],
            randomize_noise=False,
            return_latents=True,
        )
    w = model.style(z)
    return taps | {"w": _array(w), "w_plus": _array(w_plus), "images": _array(images)}


@torch.inference_mode()
def _run_genforce(model, case, control, mean):
    psi, cutoff, noise = control
    z, hot = _inputs(case)
    synthesis = model.synthesis
    names = {"layer0": "b4.conv1"}
    for number in range(1, synthesis.num_layers - 1):
        side = 4 * 2 ** ((number + 1) // 2)
        names[f"layer{number}"] = f"b{side}.conv{(number + 1) % 2}"
    strengths = [p for n, p in synthesis.named_parameters() if "noise_strength" in n]
    before = [p.clone() for p in strengths]
    for parameter in strengths:
        parameter.data.mul_(noise)
    rgb = []
    handles = []
    if synthesis.architecture == "skip":
        keep = lambda _, inputs: rgb.append(_array(inputs[0]))
        handles = [synthesis.upsample.register_forward_pre_hook(keep)]
    layers = model.num_layers if cutoff is None else cutoff
    with _hooks(synthesis, names) as taps:
        out = model(z, hot, trunc_psi=psi, trunc_layers=layers)
    for handle in handles:
        handle.remove()
    for parameter, value in zip(strengths, before, strict=True):
        parameter.data.copy_(value)
    taps |= {f"b{4 * 2**i}.rgb": image for i, image in enumerate(rgb)}
    found = {"w": out["w"], "w_plus": out["wp"], "images": out["image"]}
    return taps | {name: _array(tensor) for name, tensor in found.items()}


_RUN = {
    "nvidia": _run_nvidia,
    "rosinality": _run_rosinality,
    "genforce": _run_genforce,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
