"""Checkpoints of StyleGAN2, of three repositories, read and written.

`_links` says what corresponds to what, `_sizes` reads the config off the shapes, and
`_nvidia`, `_rosinality` and `_genforce` hold what is particular to each. Start at
`convert`; `export` is the way back, to rosinality's.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from jgan.convert._rules import ConversionError
from jgan.convert.stylegan2 import _genforce, _nvidia, _rosinality
from jgan.convert.stylegan2._rosinality import export as export
from jgan.models.stylegan2 import Config
from jgan.typing import Params

FAMILY = "stylegan2"

_FORMATS: tuple[ModuleType, ...] = (_nvidia, _rosinality, _genforce)


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like a StyleGAN2 generator."""
    return any(form.matches(arrays) for form in _FORMATS)


def convert(
    arrays: Mapping[str, np.ndarray],
    *,
    num_classes: int | None = None,
    context: Mapping[Any, Any] | None = None,
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Args:
        arrays: The state dict.
        num_classes: Refused if the arrays say otherwise.
        context: What lies around the state dict in its file: the description of a
            network pickle, or the mean of `w` beside the state dict.

    Raises:
        ConversionError: If the arrays are not those of such a generator, or the file
            asks for something that jgan's lacks. All that is wrong of one kind is
            listed.
    """
    form = next((form for form in _FORMATS if form.matches(arrays)), None)
    if form is None:
        raise ConversionError(
            "These are not the arrays of a StyleGAN2 generator by NVIDIA "
            "(synthesis.b4.const), rosinality (input.input) or genforce "
            "(synthesis.early_layer.const)."
        )
    config, params = form.convert(arrays, context or {})
    if num_classes not in (None, config.num_classes):
        raise ConversionError(
            f"The checkpoint has {config.num_classes} classes, not {num_classes}."
        )
    return config, params
