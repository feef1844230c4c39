"""Checkpoints of ajbrock/BigGAN-PyTorch: ``G_ema.pth``, ``G.pth`` and the like."""

from collections.abc import Mapping, Sequence

import numpy as np

from jgan.convert._rules import (
    ConversionError,
    Rule,
    apply_rules,
    oihw_to_hwio,
    transpose,
)
from jgan.convert.assemble import expected_params
from jgan.convert.spectral_norm import bake_spectral_norm
from jgan.models.biggan import Config
from jgan.typing import Params

FAMILY = "biggan"

# Blocks and, where that leaves a choice, nothing else tells the resolution.
_RESOLUTION_OF_BLOCKS = {3: 32, 4: 64, 5: 128, 6: 256, 7: 512}
# The narrowest block has this many times the width at 32 and 64 pixels, and once above.
_NARROWEST = {32: 4, 64: 2}


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a BigGAN generator of that repository."""
    return {"linear.weight", "blocks.0.0.conv1.weight", "output_layer.2.weight"} <= {
        *arrays
    }


def convert(
    arrays: Mapping[str, np.ndarray], *, num_classes: int | None = None
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Statistics of ``--mybn`` are divided by their counter where it has counted (standing
    statistics). Those of ``--cross_replica`` are used as in training, ``normalized *
    gain + bias``; the reference's own evaluation mode adds the gain there instead.

    Args:
        arrays: The state dict.
        num_classes: Refused if the arrays say otherwise.

    Raises:
        ConversionError: If the arrays are not those of such a generator. All that is
            wrong is listed.
    """
    embedded = r"shared\.weight"
    if "shared.weight" not in arrays:
        embedded = r"blocks\.\d+\.0\.bn[12]\.(gain|bias)\.weight"
    arrays = bake_spectral_norm(_plain_statistics(arrays), not_normed=embedded)
    config = infer_config(arrays)
    if num_classes not in (None, config.num_classes):
        raise ConversionError(
            f"The checkpoint has {config.num_classes} classes, not {num_classes}."
        )
    return config, apply_rules(arrays, _rules(config), expected_params(FAMILY, config))


def infer_config(arrays: Mapping[str, np.ndarray]) -> Config:
    """Returns the sizes of a generator, read off the shapes of its arrays.

    Raises:
        ConversionError: If they are not those of a BigGAN.
    """
    num_blocks = sum(name.endswith(".0.conv1.weight") for name in arrays)
    resolution = _RESOLUTION_OF_BLOCKS.get(num_blocks)
    if resolution is None:
        raise ConversionError(
            f"The checkpoint has {num_blocks} blocks; BigGAN has 3 to 7."
        )
    last = f"blocks.{num_blocks - 1}.0.conv2.weight"
    width, rest = divmod(len(_array(arrays, last, 4)), _NARROWEST.get(resolution, 1))
    chunk = _array(arrays, "linear.weight", 2).shape[1]
    gain = _array(arrays, "blocks.0.0.bn1.gain.weight", 2)
    shared = "shared.weight" in arrays
    if shared:
        num_classes, shared_dim = _array(arrays, "shared.weight", 2).shape
        hierarchical = gain.shape[1] != shared_dim
    else:
        num_classes, shared_dim, hierarchical = len(gain), None, False
    attention = tuple(
        8 * 2 ** int(name.split(".")[1])
        for name in sorted(arrays)
        if name.endswith(".1.gamma") and name.split(".")[1].isdigit()
    )
    try:
        return Config(
            resolution=resolution,
            width=width if not rest else 0,
            latent_dim=chunk * (1 + num_blocks if hierarchical else 1),
            num_classes=num_classes,
            shared_dim=shared_dim,
            hierarchical=hierarchical,
            attention=attention,
        )
    except ValueError as error:
        raise ConversionError(str(error)) from None


def _array(arrays: Mapping[str, np.ndarray], name: str, ndim: int) -> np.ndarray:
    if name not in arrays:
        raise ConversionError(f"The checkpoint has no {name}: not a whole BigGAN.")
    if arrays[name].ndim != ndim:
        raise ConversionError(
            f"{name} has shape {arrays[name].shape}, not {ndim} axes as in BigGAN."
        )
    return arrays[name]


def _plain_statistics(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    plain = {}
    for name, array in arrays.items():
        prefix, _, leaf = name.rpartition(".")
        if not prefix.endswith(".bn") or leaf in (
            "accumulation_counter",
            "num_batches_tracked",
        ):
            plain[name] = array
            continue
        counter = arrays.get(f"{prefix}.accumulation_counter", np.zeros(1))
        # A counter of 0 has running averages beside it, any other has sums.
        count = float(counter.flat[0]) if counter.size else 0.0
        stored = leaf.replace("running_", "stored_")
        target = f"{prefix.removesuffix('.bn')}.{stored}"
        if target in arrays:
            raise ConversionError(f"The checkpoint has both {target} and {name}.")
        plain[target] = (array / count).astype(array.dtype) if count > 0 else array
    for name, array in plain.items():
        if name.endswith(".stored_var") and np.any(array < 0):
            raise ConversionError(f"{name} is a variance, but holds negative numbers.")
    return plain


def _linear_kernel(weight: np.ndarray) -> np.ndarray:
    # The reference views the output as (unit, row, col); jgan has units last.
    units, latent = len(weight) // 16, weight.shape[1]
    return weight.reshape(units, 16, latent).transpose(2, 1, 0).reshape(latent, -1)


def _linear_bias(bias: np.ndarray) -> np.ndarray:
    return bias.reshape(-1, 16).T.reshape(-1)


def _rules(config: Config) -> Sequence[Rule]:
    norm, block = r"blocks\.(\d+)\.0\.bn([12])", r"block\1/norm\2"
    affine = "table" if config.shared_dim is None else "kernel"
    attention = [
        Rule(
            rf"blocks\.{_block(side)}\.1\.{theirs}",
            f"params/{_attention_name(config, side)}/{ours}",
            transform,
        )
        for side in config.attention
        for theirs, ours, transform in _ATTENTION
    ]
    return (
        Rule(r"shared\.weight", "params/embedding"),
        Rule(r"linear\.weight", "params/linear/kernel", _linear_kernel),
        Rule(r"linear\.bias", "params/linear/bias", _linear_bias),
        Rule(
            r"blocks\.(\d+)\.0\.conv([12])\.weight",
            r"params/block\1/conv\2/kernel",
            oihw_to_hwio,
        ),
        Rule(r"blocks\.(\d+)\.0\.conv([12])\.bias", r"params/block\1/conv\2/bias"),
        Rule(
            r"blocks\.(\d+)\.0\.conv_sc\.weight",
            r"params/block\1/shortcut/kernel",
            oihw_to_hwio,
        ),
        Rule(r"blocks\.(\d+)\.0\.conv_sc\.bias", r"params/block\1/shortcut/bias"),
        Rule(
            rf"{norm}\.(gain|bias)\.weight",
            rf"params/{block}/\3/{affine}",
            transpose if affine == "kernel" else lambda table: table,
        ),
        Rule(rf"{norm}\.stored_mean", f"batch_stats/{block}/mean"),
        Rule(rf"{norm}\.stored_var", f"batch_stats/{block}/variance"),
        *attention,
        Rule(r"output_layer\.0\.(gain|bias)", r"params/norm/\1"),
        Rule(r"output_layer\.0\.stored_mean", "batch_stats/norm/mean"),
        Rule(r"output_layer\.0\.stored_var", "batch_stats/norm/variance"),
        Rule(r"output_layer\.2\.weight", "params/to_rgb/kernel", oihw_to_hwio),
        Rule(r"output_layer\.2\.bias", "params/to_rgb/bias"),
        Rule(r".*\.(accumulation_counter|num_batches_tracked)", None),
    )


# Their name, ours, and the change of layout.
_ATTENTION = (
    (r"theta\.weight", "query/kernel", oihw_to_hwio),
    (r"phi\.weight", "key/kernel", oihw_to_hwio),
    (r"g\.weight", "value/kernel", oihw_to_hwio),
    (r"o\.weight", "out/kernel", oihw_to_hwio),
    ("gamma", "residual_weight", lambda scalar: scalar),
)


def _block(side: int) -> int:
    return (side // 8).bit_length() - 1


def _attention_name(config: Config, side: int) -> str:
    return f"attention{side}" if len(config.attention) > 1 else "attention"
