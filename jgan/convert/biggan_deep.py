"""Checkpoints of BigGAN-deep by pytorch-pretrained-biggan: ``pytorch_model.bin``."""

import json
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.convert._rules import (
    ConversionError,
    Rule,
    apply_rules,
    oihw_to_hwio,
    summarize,
    transpose,
)
from jgan.convert.assemble import expected_params
from jgan.convert.spectral_norm import bake_stored_norm
from jgan.models.biggan_deep import ATTENTION_BLOCK, Config
from jgan.typing import Params

FAMILY = "biggan-deep"

_RESOLUTION_OF_BLOCKS = {10: 128, 12: 256, 14: 512}
# What the package takes where no config says otherwise.
_DEFAULT_EPS = 1e-4


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a BigGAN of that package."""
    return {
        "embeddings.weight",
        "generator.gen_z.bias",
        "generator.conv_to_rgb.bias",
        "generator.bn.running_means",
    } <= {*arrays}


def convert(
    arrays: Mapping[str, np.ndarray],
    *,
    num_classes: int | None = None,
    description: Mapping[str, Any] | None = None,
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Args:
        arrays: The state dict.
        num_classes: Refused if the arrays say otherwise.
        description: Content of ``config.json``. Only what is added to variances is
            taken from it, 1e-4 where there is none; the rest must fit the arrays.

    Raises:
        ConversionError: If the arrays are not those of such a generator, or not what
            `description` says. All that is wrong of one kind is listed.
    """
    arrays = bake_stored_norm(arrays)
    negative = [
        f"{name} is a variance, but holds negative numbers"
        for name, array in arrays.items()
        if name.endswith(".running_vars") and np.any(array < 0)
    ]
    if negative:
        raise ConversionError(summarize("These cannot be:", negative))
    attention = _attention_position(arrays)
    config = _infer_config(arrays, (description or {}).get("eps", _DEFAULT_EPS))
    # Layers are counted with the attention, but only blocks come before it.
    if attention != ATTENTION_BLOCK:
        raise ConversionError(
            f"The checkpoint has attention at layer {attention}; BigGAN-deep has it at "
            f"{ATTENTION_BLOCK}, where images have 64 pixels. No other place can be "
            "converted."
        )
    if num_classes not in (None, config.num_classes):
        raise ConversionError(
            f"The checkpoint has {config.num_classes} classes, not {num_classes}."
        )
    if description is not None:
        _check_description(description, config, attention)
    numbered = {_renumbered(name, attention): array for name, array in arrays.items()}
    return config, apply_rules(numbered, _RULES, expected_params(FAMILY, config))


def read_description(checkpoint: pathlib.Path) -> dict[str, Any] | None:
    """Returns the content of the config that lies beside a checkpoint, if any does.

    It is called as the checkpoint, with ``config.json`` for ``pytorch_model.bin``.

    Raises:
        ConversionError: If it is not a JSON object.
    """
    name = checkpoint.name.replace("pytorch_model.bin", "config.json")
    path = checkpoint.with_name(name)
    if path == checkpoint or not path.is_file():
        return None
    try:
        description = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise ConversionError(f"{path} is not JSON: {error}.") from None
    if not isinstance(description, dict):
        raise ConversionError(f"{path} holds no JSON object. Get it anew.")
    return description


def _attention_position(arrays: Mapping[str, np.ndarray]) -> int:
    pattern = r"generator\.layers\.(\d{1,4})\.snconv1x1_theta\..*"
    found = {int(m[1]) for name in arrays if (m := re.fullmatch(pattern, name))}
    if len(found) != 1:
        raise ConversionError(
            f"The checkpoint has attention at layers {sorted(found)}; BigGAN-deep has "
            "one."
        )
    return found.pop()


def _infer_config(arrays: Mapping[str, np.ndarray], eps: Any) -> Config:
    num_blocks = sum(name.endswith(".conv_3.bias") for name in arrays)
    resolution = _RESOLUTION_OF_BLOCKS.get(num_blocks)
    if resolution is None:
        raise ConversionError(
            f"The checkpoint has {num_blocks} blocks; BigGAN-deep has "
            f"{', '.join(map(str, _RESOLUTION_OF_BLOCKS))}."
        )
    for name, ndim in (
        ("embeddings.weight", 2),
        ("generator.gen_z.weight", 2),
        ("generator.bn.running_means", 2),
    ):
        if name not in arrays or arrays[name].ndim != ndim:
            shape = arrays[name].shape if name in arrays else "missing"
            raise ConversionError(f"{name} is {shape}; it has {ndim} axes.")
    shared_dim, num_classes = arrays["embeddings.weight"].shape
    num_statistics, width = arrays["generator.bn.running_means"].shape
    if isinstance(eps, bool) or not isinstance(eps, int | float):
        raise ConversionError(f"The config says eps is {eps!r}; it is a number.")
    try:
        return Config(
            resolution=resolution,
            width=width,
            latent_dim=arrays["generator.gen_z.weight"].shape[1] - shared_dim,
            num_classes=num_classes,
            shared_dim=shared_dim,
            num_statistics=num_statistics,
            batch_norm_eps=float(eps),
        )
    except OverflowError:
        raise ConversionError("The config says eps is beyond any float.") from None
    except ValueError as error:
        raise ConversionError(str(error)) from None


def _check_description(
    description: Mapping[str, Any], config: Config, attention: int
) -> None:
    units = [config.units_in, *config.units_out]
    layers = [
        [i % 2 == 1, units[i] // config.width, units[i + 1] // config.width]
        for i in range(len(config.units_out))
    ]
    have = {
        "output_dim": config.resolution,
        "z_dim": config.latent_dim,
        "class_embed_dim": config.shared_dim,
        "channel_width": config.width,
        "num_classes": config.num_classes,
        "n_stats": config.num_statistics,
        "attention_layer_position": attention,
        "layers": layers,
    }
    wrong = [
        f"{name}: {description[name]!r}, and the arrays have {value!r}"
        for name, value in have.items()
        if name in description and description[name] != value
    ]
    if wrong:
        raise ConversionError(summarize("The config is of another checkpoint:", wrong))


def _renumbered(name: str, attention: int) -> str:
    """Returns a name in which blocks are counted without the attention among them."""
    match = re.fullmatch(r"generator\.layers\.(\d{1,4})\.(.*)", name)
    if match is None:
        return name
    number, rest = int(match[1]), match[2]
    if number == attention:
        return f"attention.{rest}"
    return f"blocks.{number - (number > attention)}.{rest}"


def _block_rules() -> Sequence[Rule]:
    # They count from 0, jgan from 1.
    rules = []
    for theirs in range(4):
        conv = rf"blocks\.(\d+)\.conv_{theirs}"
        norm, ours = rf"blocks\.(\d+)\.bn_{theirs}", rf"block\1/norm{theirs + 1}"
        kernel = rf"params/block\1/conv{theirs + 1}"
        rules += [
            Rule(rf"{conv}\.weight", f"{kernel}/kernel", oihw_to_hwio),
            Rule(rf"{conv}\.bias", f"{kernel}/bias"),
            Rule(rf"{norm}\.scale\.weight", f"params/{ours}/gain/kernel", transpose),
            Rule(rf"{norm}\.offset\.weight", f"params/{ours}/bias/kernel", transpose),
            Rule(rf"{norm}\.running_means", f"batch_stats/{ours}/mean"),
            Rule(rf"{norm}\.running_vars", f"batch_stats/{ours}/variance"),
        ]
    return rules


_ATTENTION = {"theta": "query", "phi": "key", "g": "value", "o_conv": "out"}
# Of the outputs of the last convolution, the package shows the first three.
_COLORS = 3
_RULES = (
    Rule(r"embeddings\.weight", "params/embedding", transpose),
    Rule(r"generator\.gen_z\.weight", "params/linear/kernel", transpose),
    Rule(r"generator\.gen_z\.bias", "params/linear/bias"),
    *_block_rules(),
    *(
        Rule(
            rf"attention\.snconv1x1_{theirs}\.weight",
            f"params/attention/{ours}/kernel",
            oihw_to_hwio,
        )
        for theirs, ours in _ATTENTION.items()
    ),
    Rule(
        r"attention\.gamma",
        "params/attention/residual_weight",
        lambda gamma: gamma.reshape(()),
    ),
    Rule(r"generator\.bn\.weight", "params/norm/gain"),
    Rule(r"generator\.bn\.bias", "params/norm/bias"),
    Rule(r"generator\.bn\.running_means", "batch_stats/norm/mean"),
    Rule(r"generator\.bn\.running_vars", "batch_stats/norm/variance"),
    Rule(
        r"generator\.conv_to_rgb\.weight",
        "params/to_rgb/kernel",
        lambda kernel: oihw_to_hwio(kernel[:_COLORS]),
    ),
    Rule(r"generator\.conv_to_rgb\.bias", "params/to_rgb/bias", lambda b: b[:_COLORS]),
)
