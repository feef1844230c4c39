"""StyleGAN2 as github.com/genforce/genforce keeps it.

Three things differ from the other files: kernels that upsample are flipped, biases of
styles lack the 1 that is added to them, and a class has a vector, which is normalized
together with `z`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.convert._links import (
    CHANNELS_FIRST,
    CONV,
    DENSE,
    SAME,
    Layout,
    Link,
    read_links,
    within,
)
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

_FILTERS = r"synthesis\.(.*\.filter|upsample)\.kernel"
_FLIPPED = Layout(
    lambda a: CONV.read(a)[::-1, ::-1], lambda a: CONV.write(a[::-1, ::-1])
)
_LESS_ONE = Layout(lambda a: a + np.float32(1), lambda a: a - np.float32(1))
_CLASSES = "mapping.label_weight"


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict is one of these."""
    return {"synthesis.early_layer.const", "mapping.dense0.weight"} <= {*arrays}


def convert(
    arrays: Mapping[str, np.ndarray], context: Mapping[Any, Any]
) -> tuple[Config, Params]:
    """Returns the sizes and parameters. Nothing around the arrays matters."""
    del context
    check_filters(arrays, _FILTERS)
    config = make_config(**_sizes(arrays))
    arrays = {**arrays}
    if config.num_classes:
        # Of a dense layer, which divides by this root and adds a bias.
        arrays[_CLASSES] = arrays[_CLASSES] * np.float32(config.num_classes**0.5)
        arrays["mapping.label_bias"] = np.zeros(config.embed_dim, np.float32)
    expected = expected_params("stylegan2", config)
    return config, read_links(arrays, links(config), expected, dropped=_FILTERS)


def _sizes(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    units = units_of_blocks(
        arrays, [f"synthesis.layer{2 * i}.weight" for i in range(32)]
    )
    embedded, num_classes = (0, 0)
    if _CLASSES in arrays:
        num_classes, embedded = shape_of(arrays, _CLASSES, 2)
    first, inputs = shape_of(arrays, "mapping.dense0.weight", 2)
    if any(name.startswith("synthesis.skip_layer") for name in arrays):
        raise ConversionError(
            "The checkpoint has shortcuts, which genforce's generator names and never "
            "runs: jgan cannot tell what they mean."
        )
    return {
        "units": units,
        "latent_dim": inputs - embedded,
        "w_dim": shape_of(arrays, "synthesis.layer0.style.weight", 2)[1],
        "num_classes": num_classes,
        "embed_dim": embedded or first,
        "joint_norm": num_classes > 0,
        "mapping_layers": count(arrays, "mapping.dense{}.weight"),
        "mapping_units": first,
        # The repository's default, and no array tells another.
        "mapping_lr_multiplier": 0.01,
        "architecture": "skip" if "synthesis.output0.weight" in arrays else "orig",
    }


def links(config: Config) -> Sequence[Link]:
    """Returns what corresponds to what, for a generator of these sizes."""
    const = within(CHANNELS_FIRST, 0)
    found = [
        Link("synthesis.early_layer.const", "params/const", const),
        Link("truncation.w_avg", "constants/w_avg", SAME),
    ]
    if config.num_classes:
        found += [
            Link(_CLASSES, "params/mapping/embed/kernel", SAME),
            Link("mapping.label_bias", "params/mapping/embed/bias", SAME),
        ]
    for i in range(config.mapping_layers):
        theirs, ours = f"mapping.dense{i}", f"params/mapping/dense{i}"
        found += [
            Link(f"{theirs}.weight", f"{ours}/kernel", DENSE),
            Link(f"{theirs}.bias", f"{ours}/bias", SAME),
        ]
    for i in range(len(config.units)):
        block = f"b{4 * 2**i}"
        if i:
            found += _layer(f"synthesis.layer{2 * i - 1}", f"{block}/conv0", _FLIPPED)
        found += _layer(f"synthesis.layer{2 * i}", f"{block}/conv1", CONV)
        if config.architecture == "skip" or i == len(config.units) - 1:
            found += _modulated(f"synthesis.output{i}", f"{block}/to_rgb", CONV)
    return found


def _layer(theirs: str, ours: str, kernel: Layout) -> Sequence[Link]:
    return [
        *_modulated(theirs, ours, kernel),
        Link(f"{theirs}.noise_strength", f"params/{ours}/noise_strength", SAME),
        Link(f"{theirs}.noise", f"constants/{ours}/noise", within(SAME, 0, 1)),
    ]


def _modulated(theirs: str, ours: str, kernel: Layout) -> Sequence[Link]:
    return [
        Link(f"{theirs}.weight", f"params/{ours}/kernel", kernel),
        Link(f"{theirs}.bias", f"params/{ours}/bias", SAME),
        Link(f"{theirs}.style.weight", f"params/{ours}/style/kernel", DENSE),
        Link(f"{theirs}.style.bias", f"params/{ours}/style/bias", _LESS_ONE),
    ]
