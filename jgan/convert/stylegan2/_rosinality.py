"""StyleGAN2 as github.com/rosinality/stylegan2-pytorch keeps it, read and written."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.convert._links import (
    CHANNELS_FIRST,
    CONV,
    DENSE,
    SAME,
    Link,
    read_links,
    within,
    write_links,
)
from jgan.convert._rules import ConversionError
from jgan.convert.assemble import expected_params
from jgan.convert.stylegan2._mean import mean_of_w
from jgan.convert.stylegan2._sizes import (
    FILTER,
    check_filters,
    count,
    make_config,
    shape_of,
    units_of_blocks,
)
from jgan.models.stylegan2 import Config
from jgan.typing import Params

_FILTERS = r".*\.(blur|upsample)\.kernel"
# The repository has no other.
_LR_MULTIPLIER = 0.01
# Units of its blocks up to 32 pixels, and of those above before its channel multiplier.
_LOW, _HIGH = (512, 512, 512, 512), (256, 128, 64, 32, 16)
_W_AVG = "latent_avg"


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict is one of these."""
    return {"input.input", "conv1.conv.weight", "style.1.weight"} <= {*arrays}


def convert(
    arrays: Mapping[str, np.ndarray], context: Mapping[Any, Any]
) -> tuple[Config, Params]:
    """Returns the sizes and parameters.

    Args:
        arrays: The state dict.
        context: May hold ``latent_avg``, the mean of `w`, beside the state dict; a file
            from training has none, and it is then computed.
    """
    check_filters(arrays, _FILTERS)
    config = make_config(**_sizes(arrays))
    arrays = {**arrays}
    mean = context.get(_W_AVG)
    there = isinstance(mean, np.ndarray)
    arrays[_W_AVG] = mean if there else np.zeros(config.w_dim, np.float32)
    if there and mean.shape == (1, config.w_dim):
        arrays[_W_AVG] = mean[0]  # Of `mean_latent`, which keeps an axis.
    params = read_links(
        arrays, links(config), expected_params("stylegan2", config), dropped=_FILTERS
    )
    if not there:
        params["constants"]["w_avg"] = mean_of_w(config, params)
    return config, params


def export(config: Config, params: Params) -> dict[str, Any]:
    """Returns the content of a file that the repository's own scripts load.

    Raises:
        ConversionError: If the repository has no such generator.
    """
    sizes = {config.latent_dim, config.w_dim, config.mapping_units}
    missing = {
        "classes": config.num_classes > 0,
        f"the architecture {config.architecture!r}": config.architecture != "skip",
        "layers without noise": not config.has_noise,
        f"a clamp, of {config.clamp}": config.clamp is not None,
        f"a multiplier of {config.mapping_lr_multiplier} in the mapping": (
            config.mapping_lr_multiplier != _LR_MULTIPLIER
        ),
        f"different sizes {sorted(sizes)} of z, w and the mapping": len(sizes) > 1,
        f"units of {config.units}": not _has_units(config.units),
    }
    lacks = [what for what, there in missing.items() if there]
    if lacks:
        raise ConversionError(
            f"rosinality's generator does not have {'; nor '.join(lacks)}. Export as "
            "safetensors."
        )
    arrays = write_links(params, links(config))
    mean = arrays.pop(_W_AVG)
    # It keeps a filter of its own in each layer that upsamples, of sum 4.
    smooth = (4 * FILTER).astype(np.float32)
    for i in range(1, len(config.units)):
        arrays[f"convs.{2 * i - 2}.conv.blur.kernel"] = smooth
        arrays[f"to_rgbs.{i - 1}.upsample.kernel"] = smooth
    return {"g_ema": arrays, _W_AVG: mean}


def _has_units(units: tuple[int, ...]) -> bool:
    low, high = units[: len(_LOW)], units[len(_LOW) :]
    multiplier = max(1, high[0] // _HIGH[0]) if high else 1
    fit = tuple(multiplier * number for number in _HIGH[: len(high)])
    return low == _LOW[: len(low)] and high == fit


def _sizes(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    kernels = [
        "conv1.conv.weight",
        *(f"convs.{2 * i + 1}.conv.weight" for i in range(32)),
    ]
    first, inputs = shape_of(arrays, "style.1.weight", 2)
    return {
        "units": units_of_blocks(arrays, kernels, axis=1),
        "latent_dim": inputs,
        "w_dim": shape_of(arrays, "conv1.conv.modulation.weight", 2)[1],
        "embed_dim": inputs,
        "mapping_layers": count(arrays, "style.{}.weight", start=1),
        "mapping_units": first,
        "mapping_lr_multiplier": _LR_MULTIPLIER,
    }


def links(config: Config) -> Sequence[Link]:
    """Returns what corresponds to what, for a generator of these sizes."""
    found = [
        Link("input.input", "params/const", within(CHANNELS_FIRST, 0)),
        Link(_W_AVG, "constants/w_avg", SAME),
    ]
    for i in range(config.mapping_layers):
        found += [
            Link(f"style.{i + 1}.weight", f"params/mapping/dense{i}/kernel", DENSE),
            Link(f"style.{i + 1}.bias", f"params/mapping/dense{i}/bias", SAME),
        ]
    for i in range(len(config.units)):
        block = f"b{4 * 2**i}"
        if i:
            found += _layer(f"convs.{2 * i - 2}", f"{block}/conv0", 2 * i - 1)
        second = f"convs.{2 * i - 1}" if i else "conv1"
        found += _layer(second, f"{block}/conv1", 2 * i)
        rgb = f"to_rgbs.{i - 1}" if i else "to_rgb1"
        found += _convolution(rgb, f"{block}/to_rgb")
        bias = f"params/{block}/to_rgb/bias"
        found.append(Link(f"{rgb}.bias", bias, within(SAME, 0, 2, 3)))
    return found


def _layer(theirs: str, ours: str, number: int) -> Sequence[Link]:
    strength = f"params/{ours}/noise_strength"
    noise = within(SAME, 0, 1)
    return [
        *_convolution(theirs, ours),
        Link(f"{theirs}.activate.bias", f"params/{ours}/bias", SAME),
        Link(f"{theirs}.noise.weight", strength, within(SAME, 0)),
        Link(f"noises.noise_{number}", f"constants/{ours}/noise", noise),
    ]


def _convolution(theirs: str, ours: str) -> Sequence[Link]:
    style = f"{theirs}.conv.modulation"
    return [
        Link(f"{theirs}.conv.weight", f"params/{ours}/kernel", within(CONV, 0)),
        Link(f"{style}.weight", f"params/{ours}/style/kernel", DENSE),
        Link(f"{style}.bias", f"params/{ours}/style/bias", SAME),
    ]
