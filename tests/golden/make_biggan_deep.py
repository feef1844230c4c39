"""Writes the BigGAN-deep goldens from a checkout of pytorch-pretrained-BigGAN.

Run from the root of jgan, with torch 2.13.0 (CPU), boto3, requests and tqdm installed:

    python -m tests.golden.make_biggan_deep CHECKOUT

where CHECKOUT, of github.com/huggingface/pytorch-pretrained-BigGAN, is at commit
1e18aed2dff75db51428f13b940c38b923eb4a3d. Files are as those of `make_biggan`, with the
truncation before the name of each tap.
"""

import json
import re
import sys

import numpy as np
import torch

from tests.golden import biggan_deep_cases as cases


def main(checkout: str) -> None:
    sys.path.insert(0, checkout)
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig

    for case in cases.CASES:
        config = BigGANConfig.from_dict(cases.reference_config(case))
        model = BigGAN(config).eval()
        shapes = {n: tuple(a.shape) for n, a in model.state_dict().items()}

        def load(exposure, case=case, shapes=shapes, model=model):
            arrays = cases.seeded_arrays(case, shapes, exposure)
            model.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()})

        golden = {"shapes": np.array(json.dumps(shapes))}
        load(np.array([1.0, 0.0, 0.0, 0.0]))
        exposure = exposure_for(model, case)
        load(exposure)
        golden["exposure"] = exposure
        for truncation in cases.TRUNCATIONS[case]:
            taps = run(model, case, truncation)
            images = taps["images"]
            saturated = float(np.mean(np.abs(images) > 0.99))
            contrast = float(np.sqrt(np.mean(images.var((0, 1, 2)))))
            print(
                f"{case} {truncation}: contrast {contrast:.3f}, at 1: {saturated:.3f}"
            )
            if contrast < 0.3 or saturated >= 0.5:
                raise SystemExit("These images would hide an error.")
            for layer, tap in taps.items():
                rows, cols = cases.kept_pixels(case, layer, tap.shape[1])
                place = f"{truncation}/{layer}"
                golden[place] = tap[:, rows, cols]
                golden[f"{place}/mean"] = tap.mean((0, 1, 2), dtype=np.float64)
                golden[f"{place}/max"] = np.abs(tap).max()
        # Of all classes, at one z: what each asks of each normalization.
        golden |= factors(model, case)
        np.savez_compressed(cases.FOLDER / f"biggan_deep_{case}.npz", **golden)


@torch.inference_mode()
def exposure_for(model, case) -> np.ndarray:
    """Returns the contrast and the shifts that spread the image before its tanh."""
    values = []
    rgb = model.generator.conv_to_rgb
    hook = rgb.register_forward_hook(lambda m, x, y: values.append(y[:, :3]))
    call(model, case, 0.4)
    hook.remove()
    (value,) = values
    bias = rgb.bias[:3]
    middle = value.mean((0, 2, 3)) - bias
    contrast = 0.8 / (value - value.mean((0, 2, 3), keepdim=True)).std()
    return np.array([contrast, *(-contrast * middle - bias)], np.float64)


def call(model, case, truncation):
    z, labels = cases.seeded_latents(case)
    hot = torch.nn.functional.one_hot(torch.tensor(labels), cases.NUM_CLASSES)
    return model(torch.tensor(z), hot.float(), truncation)


@torch.inference_mode()
def run(model, case, truncation) -> dict[str, np.ndarray]:
    """Returns images and taps under jgan's names, channels last."""
    taps, hooks = {}, []

    def keep(name, change=lambda output: output):
        def hook(module, inputs, output):
            output = change(output)
            array = output[:, :, None, None] if output.ndim == 2 else output
            taps[name] = array.permute(0, 2, 3, 1).numpy().copy()

        return hook

    pattern = r"layers\.\d+(\.bn_\d(\.(scale|offset))?)?"
    for module, layer in model.generator.named_modules():
        if re.fullmatch(pattern, module):
            name = cases.layer_of(module)
            change = lambda output: output
            if name.endswith(".gain"):
                change = lambda gain: 1 + gain
            elif re.search(r"act\d$", name):
                # The ReLU is one module of each block, so it is applied here.
                change = torch.relu
            hooks.append(layer.register_forward_hook(keep(name, change)))
    view = lambda flat: flat.reshape(len(flat), 4, 4, -1).permute(0, 3, 1, 2)
    hooks.append(model.generator.gen_z.register_forward_hook(keep("linear", view)))
    keep("images")(None, None, call(model, case, truncation))
    for hook in hooks:
        hook.remove()
    return taps


@torch.inference_mode()
def factors(model, case) -> dict[str, np.ndarray]:
    """Returns gain and bias of every class at the first `z`, by jgan's names."""
    z, _ = cases.seeded_latents(case)
    embeddings = model.embeddings(torch.eye(cases.NUM_CLASSES))
    same = torch.tensor(z[:1]).expand(cases.NUM_CLASSES, -1)
    condition = torch.cat([same, embeddings], dim=1)
    found = {}
    for module, layer in model.generator.named_modules():
        if re.fullmatch(r"layers\.\d+\.bn_\d\.(scale|offset)", module):
            name = cases.layer_of(module)
            value = layer(condition) + (1 if name.endswith(".gain") else 0)
            found[f"classes/{name}"] = value.numpy()
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
