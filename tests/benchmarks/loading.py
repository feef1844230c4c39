"""Gives the PyTorch twins the parameters of jgan's networks."""

import jax
import numpy as np
import torch


def load_generator(twin, variables) -> None:
    """Copies the variables of a BigGAN generator, with stored statistics or without."""
    flat = _flat(variables)
    units = twin.config.units_out[0]
    linear = flat["linear.kernel"].reshape(-1, 16, units).transpose(0, 2, 1)
    flat["linear.kernel"] = linear.reshape(-1, 16 * units)
    flat["linear.bias"] = flat["linear.bias"].reshape(16, units).T.reshape(-1)
    renamed = {}
    for name, array in flat.items():
        theirs = name.replace("block", "blocks.", 1).replace(".kernel", ".weight")
        theirs = theirs.replace("attention.", "attention.16.")
        if theirs.startswith("norm."):
            theirs = theirs.replace("gain", "weight")
        else:
            theirs = theirs.replace(".mean", ".norm.mean")
            theirs = theirs.replace(".variance", ".norm.variance")
        theirs = theirs.replace("variance", "running_var")
        theirs = theirs.replace("mean", "running_mean")
        theirs = "embedding.weight" if theirs == "embedding" else theirs
        renamed[theirs] = _to_torch(name, array)
    missing = twin.load_state_dict(renamed, strict=False)
    assert not missing.unexpected_keys
    stored = ("num_batches_tracked", "running_mean", "running_var")
    assert all(key.endswith(stored) for key in missing.missing_keys)


def load_discriminator(twin, params) -> None:
    """Copies the parameters of a discriminator, and its kernels' singular vectors."""
    renamed = {}
    for name, array in _flat(params).items():
        if name in ("block0.conv1.kernel", "block0.shortcut.kernel"):
            array = _channel_major(array)
        theirs = name.replace("block", "blocks.", 1)
        if name == "embedding":
            theirs = "embedding.kernel"
        weight = _to_torch(name, array)
        if theirs.endswith("bias"):
            renamed[theirs] = weight
            continue
        place = theirs.replace(".kernel", ".parametrizations.weight.")
        left, _, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
        renamed[f"{place}original"] = weight
        renamed[f"{place}0._u"], renamed[f"{place}0._v"] = left[:, 0], right[0]
    twin.load_state_dict(renamed)


def _channel_major(kernel: np.ndarray) -> np.ndarray:
    # pixel_unshuffle has the four pixels of a color next to each other.
    apart = kernel.reshape(*kernel.shape[:2], 4, 3, -1)
    return apart.transpose(0, 1, 3, 2, 4).reshape(kernel.shape)


def _flat(tree) -> dict[str, np.ndarray]:
    names = {"params", "batch_stats"}
    return {
        ".".join(key.key for key in path if key.key not in names): np.asarray(leaf)
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }


def _to_torch(name: str, array: np.ndarray):
    if array.ndim == 4:
        array = array.transpose(3, 2, 0, 1)
    elif name.endswith("kernel"):
        array = array.T
    return torch.tensor(np.ascontiguousarray(array))
