"""Sizes of a StyleGAN2 read off the shapes of its arrays, whatever their names."""

import itertools
import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.convert._rules import ConversionError, summarize
from jgan.models.stylegan2 import Config

# Of sum 1; exact in float32, but a file may have rounded it on the way.
FILTER = np.outer((1, 3, 3, 1), (1, 3, 3, 1)) / 64
_FILTER_ATOL = 1e-6


def shape_of(arrays: Mapping[str, np.ndarray], name: str, ndim: int) -> tuple[int, ...]:
    """Returns the shape of an array.

    Raises:
        ConversionError: If it is missing or has another number of axes.
    """
    if name not in arrays:
        raise ConversionError(
            f"{name} is missing: the checkpoint is no whole StyleGAN2."
        )
    shape = arrays[name].shape
    if len(shape) != ndim:
        raise ConversionError(f"{name} has shape {shape}; it has {ndim} axes.")
    return shape


def count(arrays: Mapping[str, np.ndarray], pattern: str, start: int = 0) -> int:
    """Returns how many arrays are called `pattern` with start, start + 1, … in it."""
    numbers = itertools.count(start)
    return next(i for i in numbers if pattern.format(i) not in arrays) - start


def units_of_blocks(
    arrays: Mapping[str, np.ndarray], kernels: Sequence[str], *, axis: int = 0
) -> tuple[int, ...]:
    """Returns the units out of each block's last convolution.

    Args:
        arrays: The state dict.
        kernels: Names of those convolutions, from 4 x 4 pixels up, and further ones
            that the generator may not have.
        axis: Which of a kernel's axes holds the units out.
    """
    there = itertools.takewhile(arrays.__contains__, kernels)
    return tuple(shape_of(arrays, name, 4 + axis)[axis] for name in there)


# Fields that a file may give as whole numbers, and what NVIDIA calls them.
_NUMBERS = {"mapping_lr_multiplier": "lr_multiplier", "clamp": "conv_clamp"}


def make_config(**sizes: Any) -> Config:
    """Returns the config.

    Raises:
        ConversionError: If jgan has no generator of these sizes.
    """
    for field, name in _NUMBERS.items():
        value = sizes.get(field, 1.0)
        none = value is None and field == "clamp"
        if type(value) not in (int, float) and not none:
            raise ConversionError(
                f"The network's {name} is {reprlib.repr(value)}; it is a number."
            )
    try:
        for field in _NUMBERS:
            if sizes.get(field) is not None:
                sizes[field] = float(sizes[field])
        return Config(**sizes)
    except (ValueError, OverflowError) as error:
        raise ConversionError(str(error)) from None


def check_filters(arrays: Mapping[str, np.ndarray], pattern: str) -> None:
    """Refuses filters other than the one that every published generator has.

    Args:
        arrays: The state dict.
        pattern: Regular expression for names of filters, of any sum.
    """
    wrong = []
    for name, array in arrays.items():
        if not re.fullmatch(pattern, name):
            continue
        with np.errstate(all="ignore"):
            kernel = np.asarray(array, np.float64)
            kernel = kernel / kernel.sum()
        # Compared so that NaN differs.
        close = kernel.size == 16 and (
            np.abs(kernel.reshape(4, 4) - FILTER).max() <= _FILTER_ATOL
        )
        if not close:
            wrong.append(f"{name}, of shape {array.shape}")
    if wrong:
        title = "jgan's StyleGAN2 resamples with the filter 1, 3, 3, 1, unlike:"
        raise ConversionError(summarize(title, wrong))
