"""Checkpoints of EfficientNet-Lite0 in PyTorch, as efficientnet_lite_pytorch has it."""

import functools
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.convert._rules import (
    ConversionError,
    Rule,
    apply_rules,
    oihw_to_hwio,
    transpose,
)
from jgan.convert.readers import read_checkpoint
from jgan.models.efficientnet import SIDE, EfficientNetLite0, Outputs, prepare
from jgan.typing import Images, Params


class EfficientNet(NamedTuple):
    """A classifier of photographs, as functions of images in [-1, 1] of any size.

    Both resize to 224 x 224 pixels, so what is not square is stretched. Neither is
    jitted. Each stays the same object, so `jax.jit` compiles it once.

    Attributes:
        features: 1,280 for each image, from 0 to 6: for `jgan.metrics`.
        classify: Logits of the 1,000 classes of ILSVRC 2012, in the order of their
            WordNet numbers.
    """

    features: Callable[[Images], Float[Array, "image feature"]]
    classify: Callable[[Images], Float[Array, "image class"]]


def load_efficientnet(path: str | os.PathLike[str]) -> EfficientNet:
    """Returns EfficientNet-Lite0 from a checkpoint, of which nothing is executed.

    Raises:
        CheckpointError: If the file cannot be read or asks for more than arrays.
        ConversionError: If its arrays are not those of the network.
    """
    path = pathlib.Path(path)
    content = read_checkpoint(path)
    if not isinstance(content, Mapping):
        raise ConversionError(f"{path} holds no arrays by name.")
    arrays = {str(n): a for n, a in content.items() if isinstance(a, np.ndarray)}
    try:
        params = jax.tree.map(jnp.asarray, convert(arrays))
    except ConversionError as error:
        raise ConversionError(f"{path}: {error}") from None
    return EfficientNet(
        functools.partial(_features, params), functools.partial(_classify, params)
    )


def _features(params: Params, images: Images) -> Float[Array, "image feature"]:
    return _outputs(params, images).features


def _classify(params: Params, images: Images) -> Float[Array, "image class"]:
    return _outputs(params, images).logits


def _outputs(params: Params, images: Images) -> Outputs:
    return EfficientNetLite0().apply(params, prepare(images))  # pyright: ignore[reportReturnType]


def convert(arrays: Mapping[str, np.ndarray]) -> Params:
    """Returns the parameters of `EfficientNetLite0` from its state dict.

    Raises:
        ConversionError: If the arrays are not those of such a network. All that is
            wrong is listed.
    """
    images = jax.ShapeDtypeStruct((1, SIDE, SIDE, 3), jnp.float32)
    expected = jax.eval_shape(EfficientNetLite0().init, jax.random.key(0), images)
    return apply_rules(arrays, _RULES, expected)


# Their name of a convolution and of the normalization after it, both inside `where`,
# and ours.
_CONVS = (
    ("", "_conv_stem", "_bn0", "stem"),
    (r"_blocks\.(\d+)\.", "_expand_conv", "_bn0", r"block\1/expand"),
    (r"_blocks\.(\d+)\.", "_depthwise_conv", "_bn1", r"block\1/depthwise"),
    (r"_blocks\.(\d+)\.", "_project_conv", "_bn2", r"block\1/project"),
    ("", "_conv_head", "_bn1", "head"),
)
_NORM = (
    ("weight", "params/{}_norm/gain"),
    ("bias", "params/{}_norm/bias"),
    ("running_mean", "batch_stats/{}_norm/mean"),
    ("running_var", "batch_stats/{}_norm/variance"),
)
_RULES = (
    *(
        Rule(rf"{where}{conv}\.weight", f"params/{ours}/kernel", oihw_to_hwio)
        for where, conv, _, ours in _CONVS
    ),
    *(
        Rule(rf"{where}{norm}\.{leaf}", target.format(ours))
        for where, _, norm, ours in _CONVS
        for leaf, target in _NORM
    ),
    Rule(r"_fc\.weight", "params/classes/kernel", transpose),
    Rule(r"_fc\.bias", "params/classes/bias"),
    Rule(r".*\.num_batches_tracked", None),
)
