"""Checkpoints of ProGAN in PyTorch: genforce's PGGAN, and gandissect's of two ages.

All hold the weights before their gain, under different names. What no file tells is
taken as in every published one: weights trained with the equalized learning rate, and
no hyperbolic tangent at the end.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jgan.convert._growing import check_grown
from jgan.convert._rules import (
    ConversionError,
    Rule,
    Transform,
    apply_rules,
    oihw_to_hwio,
    summarize,
)
from jgan.convert.assemble import expected_params
from jgan.models.progan import GAIN, Config
from jgan.typing import Params

FAMILY = "progan"


class _Names(NamedTuple):
    """What a repository calls its arrays.

    Attributes:
        layer: Name of a layer, by its number.
        first: Number of the first layer.
        output: Name of the layer to the colors, by how often the map was doubled and
            by its side.
        kernel: Last part of the name of a kernel.
        bias: Last part of the name of a bias.
    """

    layer: str
    first: int
    output: str
    kernel: str
    bias: str


_GENFORCE = _Names("layer{}", 0, "output{doublings}", "weight", "bias")
_GANDISSECT = _Names("layer{}", 1, "output_{side}x{side}", "conv.weight", "wscale.b")
# Of github.com/ptrblck/prog_gans_pytorch_inference, which gandissect began with.
_OLD = _GANDISSECT._replace(layer="features.{}", first=0, output="output")


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a ProGAN generator."""
    return _names_in(arrays) is not None


def convert(
    arrays: Mapping[str, np.ndarray], *, num_classes: int | None = None
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    A label-conditional generator of genforce looks like one of a longer latent. It is
    refused if `num_classes` tells, and else converted as that.

    Args:
        arrays: The state dict.
        num_classes: Refused if there are any.

    Raises:
        ConversionError: If the arrays are not those of such a generator. All that is
            wrong of one kind is listed.
    """
    names = _names_in(arrays)
    if names is None:
        raise ConversionError(
            "The checkpoint has no first layer of a ProGAN, a 4 x 4 kernel and a bias: "
            "layer1.conv.weight and layer1.wscale.b, features.0.conv.weight and "
            "features.0.wscale.b, or layer0.weight and layer0.bias."
        )
    if num_classes:
        raise ConversionError(
            f"A ProGAN with {num_classes} classes is not supported, only one without."
        )
    check_grown(arrays, "lod")
    arrays = _fold_scales(arrays)
    kernels = _kernels(arrays, names)
    # The second layer of a resolution takes and gives the same units.
    units = tuple(len(kernel) for kernel in kernels[1::2])
    try:
        config = Config(latent_dim=kernels[0].shape[1], units=units)
    except ValueError as error:
        raise ConversionError(str(error)) from None
    transposed = names is _GENFORCE and _are_transposed(kernels, units)
    rules = [*_rules(names, len(units), transposed=transposed)]
    return config, apply_rules(arrays, rules, expected_params(FAMILY, config))


def _names_in(arrays: Mapping[str, np.ndarray]) -> _Names | None:
    for names in (_GENFORCE, _GANDISSECT, _OLD):
        layer = names.layer.format(names.first)
        kernel = arrays.get(f"{layer}.{names.kernel}")
        # In a discriminator of the same names the kernel is 3 x 3, in a DCGAN there is
        # no bias.
        is_first = kernel is not None and kernel.shape[2:] == (4, 4)
        if is_first and f"{layer}.{names.bias}" in arrays:
            return names
    return None


def _fold_scales(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays without the scales of old files, which hold each layer's gain.

    They were measured on initial weights (of Theano), and differ a little from the gain
    that jgan computes. What they differ by goes into the kernel.
    """
    folded = dict(arrays)
    for name, scale in arrays.items():
        layer, found, _ = name.partition(".wscale.scale")
        kernel = arrays.get(f"{layer}.conv.weight")
        if not found or kernel is None or not kernel.size:
            continue
        if scale.size != 1:
            raise ConversionError(f"{name} has shape {scale.shape}; it is one number.")
        gain = 1.0 if layer.startswith("output") else GAIN
        gain /= math.sqrt(math.prod(kernel.shape[1:]))
        folded[f"{layer}.conv.weight"] = kernel * (scale.item() / gain)
        del folded[name]
    return folded


def _kernels(arrays: Mapping[str, np.ndarray], names: _Names) -> Sequence[np.ndarray]:
    """Returns the kernels of all layers but the output, in order."""
    name_of = lambda number: f"{names.layer.format(number)}.{names.kernel}"
    pattern = re.escape(name_of("N")).replace("N", "([0-9]{1,4})")
    found = [int(m[1]) for name in arrays if (m := re.fullmatch(pattern, name))]
    expected = [name_of(n) for n in range(names.first, max(found) + 1)]
    missing = [name for name in expected if name not in arrays]
    if missing:
        title = f"The checkpoint has {expected[-1]}, but lacks layers before it:"
        raise ConversionError(summarize(title, missing))
    if len(expected) % 2:
        raise ConversionError(
            f"The checkpoint has {len(expected)} layers, the last {expected[-1]}; a "
            "ProGAN has two for each resolution."
        )
    # A shape that holds no numbers could claim any size.
    odd = [
        f"{name}: {arrays[name].shape}"
        for i, name in enumerate(expected)
        if arrays[name].shape[2:] != ((3, 3) if i else (4, 4)) or not arrays[name].size
    ]
    if odd:
        title = "A ProGAN's kernels are 3 x 3, of the first layer 4 x 4, unlike:"
        raise ConversionError(summarize(title, odd))
    return [arrays[name] for name in expected]


def _are_transposed(kernels: Sequence[np.ndarray], units: Sequence[int]) -> bool:
    """Returns whether the layers that upsample hold ``(in, out, 3, 3)``.

    They do where genforce was told to fuse upsampling with the convolution. That is
    seen where the number of units changes. Where it never does, as in the first layers
    of published networks, it is taken not to have been told, which is its default.
    """
    return any(
        before != after and kernel.shape[:2] == (before, after)
        for kernel, (before, after) in zip(kernels[2::2], pairwise(units), strict=True)
    )


def _rules(names: _Names, num_sizes: int, *, transposed: bool) -> Iterator[Rule]:
    for number in range(1, 2 * num_sizes + 1):
        if number == 1:
            transform = _first_matrix
        elif transposed and number % 2:
            transform = _flipped
        else:
            transform = oihw_to_hwio
        theirs = names.layer.format(number - 1 + names.first)
        yield from _layer_rules(names, theirs, f"layer{number}", transform)
    outputs = [
        names.output.format(doublings=doublings, side=4 * 2**doublings)
        for doublings in range(num_sizes)
    ]
    yield from _layer_rules(names, outputs[-1], "to_rgb", oihw_to_hwio)
    if names is _GENFORCE:
        # Colors of lower resolutions are for growing only.
        for output in outputs[:-1]:
            yield Rule(rf"{output}\.(weight|bias)", None)
        yield Rule("lod", None)


def _layer_rules(
    names: _Names, theirs: str, ours: str, transform: Transform
) -> Iterator[Rule]:
    kernel, bias = f"{theirs}.{names.kernel}", f"{theirs}.{names.bias}"
    yield Rule(re.escape(kernel), f"params/{ours}/kernel", transform)
    yield Rule(re.escape(bias), f"params/{ours}/bias")


def _first_matrix(kernel: np.ndarray) -> np.ndarray:
    # A single pixel, padded by three, is met by the last place of the kernel first.
    return kernel[:, :, ::-1, ::-1].transpose(1, 2, 3, 0).reshape(kernel.shape[1], -1)


def _flipped(kernel: np.ndarray) -> np.ndarray:
    # A transposed convolution scatters (in, out, row, col). Of stride 2 and with each
    # place of the kernel doubled, it is nearest upsampling and then a convolution,
    # which gathers and so reads the kernel backwards.
    return kernel[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
