"""EfficientNet-Lite0 in torch's own functions, with random arrays that hide nothing."""

import numpy as np

# Blocks, side of the kernels, stride of the first, expansion, units: Tan & Le, 2019,
# table 1, written once more so that an error in jgan's table is seen.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]


def blocks():
    """Yields the side, the stride, and the units in, inside and out of each block."""
    units_in = 32
    for num_blocks, side, stride, expand, units in STAGES:
        for i in range(num_blocks):
            yield side, stride if i == 0 else 1, units_in, expand * units_in, units
            units_in = units


def random_arrays():
    """Returns a state dict under the names of the original, nothing in it neutral."""
    rng = np.random.default_rng(0)
    arrays = {}

    def conv(name, units, units_in, side):
        spread = np.sqrt(2 / (units_in * side**2))
        shape = (units, units_in, side, side)
        arrays[f"{name}.weight"] = spread * rng.standard_normal(shape, np.float32)

    def norm(name, units):
        arrays[f"{name}.weight"] = rng.uniform(0.5, 1.5, units)
        arrays[f"{name}.bias"] = rng.standard_normal(units)
        arrays[f"{name}.running_mean"] = 0.3 * rng.standard_normal(units)
        arrays[f"{name}.running_var"] = rng.uniform(0.5, 2.0, units)
        arrays[f"{name}.num_batches_tracked"] = np.array(7)

    conv("_conv_stem", 32, 3, 3)
    norm("_bn0", 32)
    for i, (side, _, units_in, inside, units) in enumerate(blocks()):
        if inside != units_in:
            conv(f"_blocks.{i}._expand_conv", inside, units_in, 1)
            norm(f"_blocks.{i}._bn0", inside)
        conv(f"_blocks.{i}._depthwise_conv", inside, 1, side)
        norm(f"_blocks.{i}._bn1", inside)
        conv(f"_blocks.{i}._project_conv", units, inside, 1)
        norm(f"_blocks.{i}._bn2", units)
    conv("_conv_head", 1280, 320, 1)
    norm("_bn1", 1280)
    arrays["_fc.weight"] = rng.standard_normal((1000, 1280)) / 36
    arrays["_fc.bias"] = rng.standard_normal(1000)
    return {
        n: a.astype(np.float32) if a.dtype == np.float64 else a
        for n, a in arrays.items()
    }


def outputs(arrays, images):
    """Returns features and logits of prepared images, channels last."""
    import torch
    from torch.nn import functional

    tensors = {name: torch.tensor(array) for name, array in arrays.items()}

    def conv(name, x, stride=1, groups=1):
        kernel = tensors[f"{name}.weight"]
        # TensorFlow's padding on even sides: all that stride 2 needs, and what is odd
        # of it after the image.
        missing = max(kernel.shape[-1] - stride, 0)
        before, after = missing // 2, missing - missing // 2
        x = functional.pad(x, [before, after, before, after])
        return functional.conv2d(x, kernel, stride=stride, groups=groups)

    def norm(name, x):
        leaves = ("running_mean", "running_var", "weight", "bias")
        arguments = [tensors[f"{name}.{leaf}"] for leaf in leaves]
        return functional.batch_norm(x, *arguments, eps=1e-3)

    with torch.inference_mode():
        x = torch.tensor(images).permute(0, 3, 1, 2)
        x = functional.relu6(norm("_bn0", conv("_conv_stem", x, stride=2)))
        for i, (_, stride, units_in, inside, units) in enumerate(blocks()):
            y, name = x, f"_blocks.{i}."
            if inside != units_in:
                y = norm(f"{name}_bn0", conv(f"{name}_expand_conv", y))
                y = functional.relu6(y)
            y = conv(f"{name}_depthwise_conv", y, stride=stride, groups=inside)
            y = functional.relu6(norm(f"{name}_bn1", y))
            y = norm(f"{name}_bn2", conv(f"{name}_project_conv", y))
            x = x + y if stride == 1 and units_in == units else y
        x = functional.relu6(norm("_bn1", conv("_conv_head", x)))
        features = x.mean((2, 3))
        logits = features @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    return features.numpy(), logits.numpy()
