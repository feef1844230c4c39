"""Writes the BigGAN goldens from a checkout of ajbrock/BigGAN-PyTorch.

Run from the root of jgan, with torch 2.13.0 (CPU) installed:

    python -m tests.golden.make_biggan CHECKOUT

where CHECKOUT is at commit 98459431a5d618d644d54cd1e9fceb1e5045648d. Outputs are
float32, in evaluation mode. A file holds the state dict's shapes, the images and the
taps at some pixels, of every tap the mean of each unit and the maximum of all, and what
all classes ask of each normalization.
"""

import json
import sys

import numpy as np
import torch

from tests.golden import biggan_cases


def main(checkout: str) -> None:
    sys.path.insert(0, checkout)
    import BigGAN

    for case in biggan_cases.CASES:
        options = biggan_cases.reference_options(case)
        generator = BigGAN.Generator(**options, skip_init=True, no_optim=True).eval()
        shapes = {n: tuple(a.shape) for n, a in generator.state_dict().items()}
        z, labels = map(
            torch.tensor, biggan_cases.seeded_latents(case, generator.dim_z)
        )

        def load(exposure, case=case, shapes=shapes, generator=generator):
            arrays = biggan_cases.seeded_arrays(case, shapes, exposure)
            generator.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()})

        load(np.array([1.0, 0.0, 0.0, 0.0]))
        exposure = exposure_for(generator, z, labels)
        load(exposure)
        taps = run(generator, z, labels)
        images = taps["images"]
        saturated = float(np.mean(np.abs(images) > 0.99))
        contrast = float(np.sqrt(np.mean(images.var((0, 1, 2)))))
        print(f"{case}: contrast {contrast:.3f}, saturated {saturated:.3f}")
        if contrast < 0.3 or saturated >= 0.5:
            raise SystemExit(f"{case}: these images would hide an error.")
        golden = {"shapes": np.array(json.dumps(shapes)), "exposure": exposure}
        for layer, tap in taps.items():
            rows, cols = biggan_cases.kept_pixels(case, layer, tap.shape[1])
            golden[layer] = tap[:, rows, cols]
            golden[f"{layer}/mean"] = tap.mean((0, 1, 2), dtype=np.float64)
            golden[f"{layer}/max"] = np.abs(tap).max()
        golden |= factors(generator, z)
        np.savez_compressed(biggan_cases.FOLDER / f"biggan_{case}.npz", **golden)


@torch.inference_mode()
def exposure_for(generator, z, labels) -> np.ndarray:
    """Returns the contrast and the shifts that spread the image before its tanh."""
    values = []
    hook = generator.output_layer.register_forward_hook(
        lambda m, x, y: values.append(y)
    )
    generator(z, generator.shared(labels))
    hook.remove()
    (value,) = values
    bias = generator.output_layer[2].bias
    middle = value.mean((0, 2, 3)) - bias
    contrast = 0.8 / (value - value.mean((0, 2, 3), keepdim=True)).std()
    return np.array([contrast, *(-contrast * middle - bias)], np.float64)


@torch.inference_mode()
def run(generator, z, labels) -> dict[str, np.ndarray]:
    """Returns images and taps under jgan's names, channels last."""
    taps = {}

    def keep(name, change=lambda output: output):
        def hook(module, inputs, output):
            output = change(output)
            array = output[:, :, None, None] if output.ndim == 2 else output
            taps[name] = array.permute(0, 2, 3, 1).numpy().copy()

        return hook

    for i, (block, *attention) in enumerate(generator.blocks):
        name = f"block{i}"
        block.register_forward_hook(keep(name))
        for j, norm in ((1, block.bn1), (2, block.bn2)):
            # The ReLU is one module for the whole network, so it is applied here.
            norm.register_forward_hook(keep(f"{name}.act{j}", torch.relu))
            norm.gain.register_forward_hook(
                keep(f"{name}.act{j}.gain", lambda gain: 1 + gain)
            )
            norm.bias.register_forward_hook(keep(f"{name}.act{j}.bias"))
        sides = [int(side) for side in generator.attention.split("_")]
        several = sum(side in generator.arch["resolution"] for side in sides) > 1
        for layer in attention:
            side = generator.arch["resolution"][i] if several else ""
            layer.register_forward_hook(keep(f"attention{side}"))
    generator.linear.register_forward_hook(
        keep("linear", lambda flat: flat.reshape(len(flat), -1, 4, 4))
    )
    keep("images")(None, None, generator(z, generator.shared(labels)))
    return taps


def factors(generator, z) -> dict[str, np.ndarray]:
    """Returns gain and bias of every class at the first `z`, by jgan's names."""
    labels = torch.arange(biggan_cases.NUM_CLASSES)
    taps = run(generator, z[:1].expand(len(labels), -1), labels)
    return {
        f"classes/{name}": tap[:, 0, 0]
        for name, tap in taps.items()
        if name.endswith((".gain", ".bias"))
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
