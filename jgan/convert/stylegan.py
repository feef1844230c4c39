"""Checkpoints of the first StyleGAN, as github.com/genforce/genforce keeps them.

They hold weights before their gain. What no array tells is taken as in every published
one: from 128 pixels on, upsampling is fused with the convolution after it, which then
has its kernel flipped; and no hyperbolic tangent ends the network.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jgan.convert._growing import check_grown
from jgan.convert._rules import (
    ConversionError,
    Rule,
    apply_rules,
    oihw_to_hwio,
    transpose,
)
from jgan.convert.assemble import expected_params
from jgan.models.stylegan import GAIN, Config
from jgan.typing import Params

FAMILY = "stylegan"

_CONST = "synthesis.layer0.const"
_FIRST_DENSE = "mapping.dense0.weight"
_CLASSES = "mapping.label_weight"
# The repository's default, and no array tells another.
_MAPPING_LR_MULTIPLIER = 0.01
# Side of the first maps whose upsampling is fused.
_FUSED_FROM = 128
# Of sum 1, as the repository's own; a file may have rounded it on the way.
_FILTER = np.outer((1, 2, 1), (1, 2, 1)) / 16
_FILTER_ATOL = 1e-6


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a StyleGAN generator."""
    return {_CONST, _FIRST_DENSE} <= {*arrays}


def convert(
    arrays: Mapping[str, np.ndarray], *, num_classes: int | None = None
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Args:
        arrays: The state dict.
        num_classes: Refused if the arrays say otherwise.

    Raises:
        ConversionError: If the arrays are not those of such a generator. All that is
            wrong of one kind is listed.
    """
    if not matches(arrays):
        raise ConversionError(
            f"The checkpoint lacks {_CONST} or {_FIRST_DENSE}: these are not the "
            "arrays of a StyleGAN generator by genforce with a constant input."
        )
    check_grown(arrays, "synthesis.lod")
    _check_filters(arrays)
    try:
        config = Config(**_sizes(arrays))
    except ValueError as error:
        raise ConversionError(str(error)) from None
    if num_classes not in (None, config.num_classes):
        raise ConversionError(
            f"The checkpoint has {config.num_classes} classes, not {num_classes}."
        )
    arrays = {**arrays}
    if config.num_classes:
        # Of a dense layer, which divides by this root and adds a bias.
        arrays[_CLASSES] = arrays[_CLASSES] * np.float32(config.num_classes**0.5)
        arrays["mapping.label_bias"] = np.zeros(config.embed_dim, np.float32)
    rules = [*_rules(config)]
    return config, apply_rules(arrays, rules, expected_params(FAMILY, config))


def _check_filters(arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if not re.fullmatch(r"synthesis\.layer\d+\.blur\.kernel", name):
            continue
        same = array.ndim == 4 and array.shape[1:] == (1, 3, 3)
        # Compared so that NaN differs.
        if not (same and np.all(np.abs(array - _FILTER) <= _FILTER_ATOL)):
            raise ConversionError(
                f"{name}, of shape {array.shape}, is not the filter 1, 2, 1 of sum 1, "
                "with which jgan's StyleGAN blurs."
            )


def _sizes(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    units = []
    while (name := f"synthesis.layer{2 * len(units) + 1}.weight") in arrays:
        units.append(_shape(arrays, name, 4)[0])
    first, inputs = _shape(arrays, _FIRST_DENSE, 2)
    num_classes, embedded = 0, 0
    if _CLASSES in arrays:
        num_classes, embedded = _shape(arrays, _CLASSES, 2)
    mapping_layers = 1
    while f"mapping.dense{mapping_layers}.weight" in arrays:
        mapping_layers += 1
    return {
        "units": tuple(units),
        "latent_dim": inputs - embedded,
        "w_dim": _shape(arrays, "synthesis.layer0.style.weight", 2)[1],
        "num_classes": num_classes,
        "embed_dim": embedded or first,
        "mapping_layers": mapping_layers,
        "mapping_units": first,
        "mapping_lr_multiplier": _MAPPING_LR_MULTIPLIER,
    }


def _shape(arrays: Mapping[str, np.ndarray], name: str, ndim: int) -> tuple[int, ...]:
    if name not in arrays:
        raise ConversionError(f"{name} is missing: the checkpoint is no StyleGAN.")
    shape = arrays[name].shape
    if len(shape) != ndim:
        raise ConversionError(f"{name} has shape {shape}; it has {ndim} axes.")
    return shape


def _rules(config: Config) -> Iterator[Rule]:
    yield _rule(_CONST, "params/const", lambda a: a[0].transpose(1, 2, 0))
    yield _rule("truncation.w_avg", "constants/w_avg")
    yield _rule(_CLASSES, "params/mapping/embed/kernel")
    yield _rule("mapping.label_bias", "params/mapping/embed/bias")
    yield Rule(
        r"mapping\.dense(\d+)\.weight", r"params/mapping/dense\1/kernel", transpose
    )
    # Theirs has the gain before the bias, jgan's after it.
    unscaled = lambda bias: bias / np.float32(GAIN)
    yield Rule(r"mapping\.dense(\d+)\.bias", r"params/mapping/dense\1/bias", unscaled)
    for number in range(config.num_w):
        i, second = divmod(number, 2)
        side = 4 * 2**i
        theirs, ours = f"synthesis.layer{number}", f"b{side}/conv{second}"
        fused = not second and side >= _FUSED_FROM
        kernel = _flipped if fused else oihw_to_hwio
        yield _rule(f"{theirs}.weight", f"params/{ours}/kernel", kernel)
        yield _rule(f"{theirs}.bias", f"params/{ours}/bias")
        style = f"params/{ours}/style"
        yield _rule(f"{theirs}.style.weight", f"{style}/kernel", transpose)
        yield _rule(f"{theirs}.style.bias", f"{style}/bias")
        noise = f"{theirs}.apply_noise"
        yield _rule(f"{noise}.weight", f"params/{ours}/noise_strength")
        yield _rule(f"{noise}.noise", f"constants/{ours}/noise", lambda a: a[0, 0])
    last = f"synthesis.output{len(config.units) - 1}"
    yield _rule(f"{last}.weight", "params/to_rgb/kernel", oihw_to_hwio)
    yield _rule(f"{last}.bias", "params/to_rgb/bias")
    # Colors of lower resolutions are for growing only, and the filter is a constant.
    dropped = r"output\d+\.(weight|bias)|layer\d+\.blur\.kernel|lod"
    yield Rule(rf"synthesis\.({dropped})", None)


def _rule(source: str, target: str, transform: Any = lambda array: array) -> Rule:
    return Rule(re.escape(source), target, transform)


def _flipped(kernel: np.ndarray) -> np.ndarray:
    # A transposed convolution scatters. Of stride 2 and with each place of the kernel
    # doubled, it is nearest upsampling and then a convolution, which gathers and so
    # reads the kernel backwards.
    return oihw_to_hwio(kernel[:, :, ::-1, ::-1])
