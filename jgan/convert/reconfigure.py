"""The same parameters under another config: what is no size may be chosen anew."""

import dataclasses
import functools
from typing import Any

import jax
import numpy as np

from jgan.convert.assemble import assemble, expected_params
from jgan.gan import Gan


def reconfigure(gan: Gan, **changes: Any) -> Gan:
    """Returns the generator with some fields of its config changed.

    For instance ``num_bfloat16=4`` computes the four highest resolutions of a StyleGAN2
    in bfloat16, and ``swap_statistics=False`` interpolates those of a BigGAN-deep.

    Args:
        gan: The generator; it stays as it is.
        changes: Fields of ``gan.config`` and their new values.

    Raises:
        ValueError: If the config has no such field, refuses the value, or would need
            parameters of other shapes.
    """
    fields = [field.name for field in dataclasses.fields(gan.config)]
    unknown = [name for name in changes if name not in fields]
    if unknown:
        raise ValueError(
            f"The config of {gan.family} has no {unknown}. It has {fields}."
        )
    config = dataclasses.replace(gan.config, **changes)
    shapes = functools.partial(jax.tree.map, np.shape)
    if shapes(expected_params(gan.family, config)) != shapes(gan.params):
        raise ValueError(
            f"{changes} needs parameters of other shapes than {gan.name} has."
        )
    return assemble(
        gan.family, config, gan.params, name=gan.name, class_names=gan.class_names
    )
