"""StyleGAN2 as stylegan2-ada-pytorch and the stylegan3 repository keep it.

The shapes tell all sizes. What they do not tell, the multiplier of the mapping and the
bound on activations, is in the arguments that a network pickle records.
"""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.convert._links import CHANNELS_FIRST, CONV, DENSE, SAME, Link, read_links
from jgan.convert._rules import ConversionError
from jgan.convert.assemble import expected_params
from jgan.convert.stylegan2._sizes import (
    check_filters,
    count,
    make_config,
    shape_of,
    units_of_blocks,
)
from jgan.models.stylegan2 import Config
from jgan.typing import Params

_FILTERS = r".*\.resample_filter"
_ACTIVATION = "lrelu"


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict is one of these."""
    return {"synthesis.b4.const", "mapping.fc0.weight"} <= {*arrays}


def convert(
    arrays: Mapping[str, np.ndarray], context: Mapping[Any, Any]
) -> tuple[Config, Params]:
    """Returns the sizes and parameters.

    Args:
        arrays: The state dict.
        context: May hold ``persistent``, what a network pickle says of the network.
    """
    check_filters(arrays, _FILTERS)
    mapping, synthesis = _arguments(context.get("persistent"))
    config = make_config(
        **_sizes(arrays),
        mapping_lr_multiplier=_plain(mapping.get("lr_multiplier", 0.01)),
        clamp=_plain(synthesis.get("conv_clamp")),
    )
    params = read_links(
        arrays, links(config), expected_params("stylegan2", config), dropped=_FILTERS
    )
    return config, params


def _arguments(persistent: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Returns the arguments of the mapping and of the synthesis network, checked.

    The first repository nests those of the synthesis, the second does not.
    """
    persistent = persistent if isinstance(persistent, Mapping) else {}
    init = _mapping(persistent, "init_kwargs")
    mapping = _mapping(init, "mapping_kwargs")
    synthesis = {**init, **_mapping(init, "synthesis_kwargs")}
    said = [given.get("activation", _ACTIVATION) for given in (mapping, synthesis)]
    # A file may hold an array there, which does not compare to one truth.
    wrong = [reprlib.repr(a) for a in said if type(a) is not str or a != _ACTIVATION]
    if wrong:
        raise ConversionError(
            f"The network's activation is {', '.join(wrong)}; jgan's StyleGAN2 has "
            f"{_ACTIVATION!r} alone, as all published ones."
        )
    return mapping, synthesis


def _mapping(around: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = around.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise ConversionError(
            f"The network's {name} are {reprlib.repr(value)}, not arguments by name."
        )
    return value or {}


def _plain(value: Any) -> Any:
    """Returns a NumPy scalar, which is read as an array, as a number."""
    return value.item() if isinstance(value, np.ndarray) and value.size == 1 else value


def _sizes(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    units = units_of_blocks(
        arrays, [f"synthesis.b{4 * 2**i}.conv1.weight" for i in range(32)]
    )
    embedded, num_classes = (0, 0)
    if "mapping.embed.weight" in arrays:
        embedded, num_classes = shape_of(arrays, "mapping.embed.weight", 2)
    first, inputs = shape_of(arrays, "mapping.fc0.weight", 2)
    skip = "synthesis.b4.torgb.weight" in arrays and len(units) > 1
    resnet = "synthesis.b8.skip.weight" in arrays
    return {
        "units": units,
        "latent_dim": inputs - embedded,
        "w_dim": shape_of(arrays, "synthesis.b4.conv1.affine.weight", 2)[1],
        "num_classes": num_classes,
        "embed_dim": embedded or first,
        "mapping_layers": count(arrays, "mapping.fc{}.weight"),
        "mapping_units": first,
        "architecture": "skip" if skip else "resnet" if resnet else "orig",
        "has_noise": "synthesis.b4.conv1.noise_const" in arrays,
    }


def links(config: Config) -> Sequence[Link]:
    """Returns what corresponds to what, for a generator of these sizes."""
    found = [
        Link("synthesis.b4.const", "params/const", CHANNELS_FIRST),
        Link("mapping.w_avg", "constants/w_avg", SAME),
    ]
    dense = [f"dense{i}" for i in range(config.mapping_layers)]
    for name in (["embed"] if config.num_classes else []) + dense:
        theirs = f"mapping.{name.replace('dense', 'fc')}"
        # Of a one-hot class, a row of the transposed kernel is the embedding.
        found += [
            Link(f"{theirs}.weight", f"params/mapping/{name}/kernel", DENSE),
            Link(f"{theirs}.bias", f"params/mapping/{name}/bias", SAME),
        ]
    for i in range(len(config.units)):
        theirs, ours = f"synthesis.b{4 * 2**i}", f"b{4 * 2**i}"
        last = i == len(config.units) - 1
        for name in ("conv0", "conv1") if i else ("conv1",):
            found += _modulated(f"{theirs}.{name}", f"{ours}/{name}")
            if config.has_noise:
                strength = f"params/{ours}/{name}/noise_strength"
                noise = f"constants/{ours}/{name}/noise"
                found += [
                    Link(f"{theirs}.{name}.noise_strength", strength, SAME),
                    Link(f"{theirs}.{name}.noise_const", noise, SAME),
                ]
        if config.architecture == "skip" or last:
            found += _modulated(f"{theirs}.torgb", f"{ours}/to_rgb")
        if config.architecture == "resnet" and i:
            shortcut = f"params/{ours}/shortcut/kernel"
            found.append(Link(f"{theirs}.skip.weight", shortcut, CONV))
    return found


def _modulated(theirs: str, ours: str) -> Sequence[Link]:
    return [
        Link(f"{theirs}.weight", f"params/{ours}/kernel", CONV),
        Link(f"{theirs}.bias", f"params/{ours}/bias", SAME),
        Link(f"{theirs}.affine.weight", f"params/{ours}/style/kernel", DENSE),
        Link(f"{theirs}.affine.bias", f"params/{ours}/style/bias", SAME),
    ]
