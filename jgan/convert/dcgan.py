"""Checkpoints of the DCGAN family in PyTorch, whatever their modules are called.

Such a network is a plain sequence, so the order of its arrays says what they are: a
transposed convolution, its batch normalization, the next pair, and last a transposed
convolution to RGB.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from jgan.convert._rules import ConversionError, Rule, apply_rules, summarize
from jgan.convert.assemble import expected_params
from jgan.models.dcgan import Config
from jgan.typing import Params

FAMILY = "dcgan"

# Name of each array of a module, by its last part.
_Module = Mapping[str, str]


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a DCGAN generator."""
    convs, norms = _in_order(arrays)
    return (
        len(convs) >= 2
        and len(norms) == len(convs) - 1
        and arrays[convs[-1]["weight"]].shape[1] == 3
        and _chained(arrays, convs)
        and all(arrays[conv["weight"]].shape[2:] == (4, 4) for conv in convs)
    )


def convert(
    arrays: Mapping[str, np.ndarray], *, num_classes: int | None = None
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Args:
        arrays: The state dict, in the order of the network or with numbered names.
        num_classes: How many of the first layer's inputs are a one-hot class after `z`.
            The arrays do not tell; None takes them all for `z`.

    Raises:
        ConversionError: If the arrays are not those of such a generator. All that is
            wrong is listed.
    """
    convs, norms = _in_order(arrays)
    kernels = {conv["weight"]: arrays[conv["weight"]] for conv in convs}
    if len(kernels) < 2:
        raise ConversionError(
            f"The checkpoint has {len(kernels)} transposed convolutions; a DCGAN "
            "generator has at least two."
        )
    # A shape that holds no numbers could claim any size, and have it allocated.
    odd = [
        f"{name}: {kernel.shape}"
        for name, kernel in kernels.items()
        if kernel.shape[2:] != (4, 4) or not kernel.size
    ]
    if odd:
        raise ConversionError(summarize("A DCGAN's kernels are 4 x 4, unlike:", odd))
    num_classes = num_classes or 0
    inputs, *units = (len(kernel) for kernel in kernels.values())
    if not 0 <= num_classes < inputs:
        raise ConversionError(
            f"{num_classes} classes leave no latent of the first layer's {inputs} "
            "inputs."
        )
    try:
        config = Config(
            latent_dim=inputs - num_classes, units=tuple(units), num_classes=num_classes
        )
    except ValueError as error:
        raise ConversionError(str(error)) from None
    rules = [*_rules(convs, norms[: len(units)])]
    return config, apply_rules(arrays, rules, expected_params(FAMILY, config))


def _in_order(
    arrays: Mapping[str, np.ndarray],
) -> tuple[Sequence[_Module], Sequence[_Module]]:
    """Returns the convolutions and the normalizations as the network applies them."""
    modules: dict[str, dict[str, str]] = {}
    for name in arrays:
        module, _, leaf = name.rpartition(".")
        modules.setdefault(module, {})[leaf] = name
    convs, norms = _split(arrays, modules)
    if _chained(arrays, convs):
        return convs, norms
    # A state dict is in the order of the network; safetensors sorts, 12 before 3.
    numbered = lambda module: re.sub(r"\d+", lambda digits: digits[0].zfill(8), module)
    return _split(arrays, {m: modules[m] for m in sorted(modules, key=numbered)})


def _split(
    arrays: Mapping[str, np.ndarray], modules: Mapping[str, _Module]
) -> tuple[Sequence[_Module], Sequence[_Module]]:
    ndim = lambda module: arrays[module["weight"]].ndim if "weight" in module else 0
    convs = [m for m in modules.values() if ndim(m) == 4]
    norms = [m for m in modules.values() if ndim(m) == 1 or "running_mean" in m]
    return convs, norms


def _chained(arrays: Mapping[str, np.ndarray], convs: Sequence[_Module]) -> bool:
    # Transposed convolutions hold (in, out, 4, 4), so each begins where the last ended.
    # A discriminator's hold (out, in, 4, 4).
    shapes = [arrays[conv["weight"]].shape for conv in convs]
    return all(a[1] == b[0] for a, b in pairwise(shapes))


def _rules(convs: Sequence[_Module], norms: Sequence[_Module]) -> Iterator[Rule]:
    for i, conv in enumerate(convs, start=1):
        layer = "linear" if i == 1 else "to_rgb" if i == len(convs) else f"conv{i}"
        transform = _dense_kernel if i == 1 else _conv_kernel
        yield Rule(re.escape(conv["weight"]), f"params/{layer}/kernel", transform)
    for i, norm in enumerate(norms, start=1):
        for theirs, ours in _NORM:
            if theirs in norm:
                yield Rule(re.escape(norm[theirs]), ours.format(f"norm{i}"))
    yield Rule(r"(.*\.)?num_batches_tracked", None)


_NORM = (
    ("weight", "params/{}/gain"),
    ("bias", "params/{}/bias"),
    ("running_mean", "batch_stats/{}/mean"),
    ("running_var", "batch_stats/{}/variance"),
)


def _dense_kernel(kernel: np.ndarray) -> np.ndarray:
    # On a single pixel a transposed convolution is a matrix; units last.
    return kernel.transpose(0, 2, 3, 1).reshape(len(kernel), -1)


def _conv_kernel(kernel: np.ndarray) -> np.ndarray:
    # PyTorch scatters (in, out, row, col); jgan gathers, which reads it backwards.
    return kernel[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
