"""Gives the PyTorch twin of EigenGAN the parameters of jgan's networks, and back."""

import numpy as np
import torch


def load_generator(twin, params) -> None:
    """Copies the parameters of a generator."""
    state = {
        "linear.weight": _channels_first(np.asarray(params["linear"]["kernel"]), 4).T,
        "linear.bias": _channels_first(np.asarray(params["linear"]["bias"]), 4),
        "to_rgb.weight": _conv(params["to_rgb"]["kernel"]),
        "to_rgb.bias": params["to_rgb"]["bias"],
    }
    for i in range(len(twin.blocks)):
        subspace = params[f"subspace{i + 1}"]
        basis = np.asarray(subspace["basis"])
        rows = basis.transpose(3, 2, 0, 1).reshape(basis.shape[-1], -1)
        state[f"blocks.{i}.subspace.basis"] = rows
        state[f"blocks.{i}.subspace.importance"] = subspace["importance"]
        origin = np.asarray(subspace["origin"]).transpose(2, 0, 1).reshape(-1)
        state[f"blocks.{i}.subspace.origin"] = origin
        for name, (theirs, to) in _CONVS.items():
            conv = params[f"{name}{i + 1}"]
            state[f"blocks.{i}.{theirs}.weight"] = to(conv["kernel"])
            state[f"blocks.{i}.{theirs}.bias"] = conv["bias"]
    _load(twin, state)


def load_discriminator(twin, params) -> None:
    """Copies the parameters of a discriminator."""
    last = (len(twin.convs) - 2) // 2
    names = ["from_rgb"]
    for i in reversed(range(last)):
        names += [f"conv{i + 1}", f"halve{i}"]
    names.append("conv0")
    state = {}
    for i, name in enumerate(names):
        state[f"convs.{i}.weight"] = _conv(params[name]["kernel"])
        state[f"convs.{i}.bias"] = params[name]["bias"]
    hidden = np.asarray(params["hidden"]["kernel"])
    units = len(hidden) // 16
    apart = hidden.reshape(4, 4, units, -1).transpose(3, 2, 0, 1)
    state["hidden.weight"] = apart.reshape(hidden.shape[1], -1)
    state["hidden.bias"] = params["hidden"]["bias"]
    state["score.weight"] = np.asarray(params["score"]["kernel"]).T
    state["score.bias"] = params["score"]["bias"]
    _load(twin, state)


def conv_gradient(weight) -> np.ndarray:
    """Returns the gradient of a convolution's kernel as jgan has it."""
    return weight.grad.numpy().transpose(2, 3, 1, 0)


def double_gradient(weight) -> np.ndarray:
    """Returns the gradient of a transposed convolution's kernel as jgan has it."""
    return weight.grad.numpy()[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)


def basis_gradient(basis, side: int) -> np.ndarray:
    """Returns the gradient of a basis as jgan has it."""
    grad = basis.grad.numpy()
    return grad.reshape(len(grad), -1, side, side).transpose(2, 3, 1, 0)


def _conv(kernel):
    return np.asarray(kernel).transpose(3, 2, 0, 1)


def _double(kernel):
    return np.asarray(kernel)[::-1, ::-1].transpose(2, 3, 0, 1)


# Of torch's modules, `double` is a method.
_CONVS = {
    "same": ("same", _conv),
    "skip": ("skip", _double),
    "double": ("twice", _double),
    "conv": ("conv", _conv),
}


def _channels_first(array, side):
    apart = array.reshape(*array.shape[:-1], side, side, -1)
    return np.moveaxis(apart, -1, -3).reshape(array.shape)


def _load(twin, state) -> None:
    twin.load_state_dict(
        {name: torch.tensor(np.array(array)) for name, array in state.items()}
    )
