"""What jgan writes down of a generator beside its arrays, and the way back to a `Gan`.

A description is data: it names sizes that a known family checks, and no code.
"""

import dataclasses
import json
import reprlib
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np

from jgan.convert._rules import ConversionError, Rule, apply_rules
from jgan.convert.assemble import assemble, config_class, expected_params
from jgan.convert.readers import CheckpointError
from jgan.gan import Gan

_FORMAT = 1


def describe(gan: Gan) -> dict[str, Any]:
    """Returns all but the parameters, as JSON can hold it."""
    return {
        "format": _FORMAT,
        "family": gan.family,
        "name": gan.name,
        "class_names": gan.class_names,
        "config": dataclasses.asdict(gan.config),
    }


_FIELDS = {
    "format": int,
    "family": str,
    "name": str,
    "class_names": list,
    "config": dict,
}


def parse(text: str | bytes, place: str) -> dict[str, Any]:
    """Returns what `describe` returned, from its JSON.

    Args:
        text: The JSON.
        place: Where it is from, for errors.

    Raises:
        CheckpointError: If it is anything else.
    """
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{place} is not JSON: {error}.") from None
    if not isinstance(description, dict):
        description = {}
    wrong = [k for k, t in _FIELDS.items() if not isinstance(description.get(k), t)]
    if wrong or description["format"] != _FORMAT:
        raise CheckpointError(
            f"{place} lacks {wrong or f'format {_FORMAT}'}; it is damaged, or from a "
            "newer jgan."
        )
    if not all(isinstance(name, str) for name in description["class_names"]):
        raise CheckpointError(f"{place}: class_names must be a list of strings.")
    return description


def gan_of(
    description: Mapping[str, Any], arrays: Mapping[str, np.ndarray], place: str
) -> Gan:
    """Returns the described generator.

    Args:
        description: What `parse` returns.
        arrays: What `flat_arrays` returned.
        place: Where the description is from, for errors.

    Raises:
        CheckpointError: If the config is none of the family's.
        ConversionError: If the arrays are not those of the config.
        ValueError: If the number of class names is not the number of classes.
    """
    family = description["family"]
    config = _config(place, family, description["config"])
    try:
        params = apply_rules(
            arrays, [Rule("(.*)", r"\1")], expected_params(family, config)
        )
    except ConversionError as error:
        raise ConversionError(f"{place}: {error}") from None
    return assemble(
        family,
        config,
        params,
        name=description["name"],
        class_names=tuple(description["class_names"]),
    )


def _config(place: str, family: str, fields: Mapping[str, Any]) -> Any:
    try:
        cls = config_class(family)
        hints = typing.get_type_hints(cls)
        return cls(**{n: _field(n, v, hints.get(n)) for n, v in fields.items()})
    except (TypeError, ValueError, OverflowError) as error:
        raise CheckpointError(f"{place}: {error}") from None


def _field(name: str, value: Any, hint: Any) -> Any:
    """Returns a value as a config holds it, which JSON may have written otherwise.

    Raises:
        ValueError: If it is of another type.
    """
    if typing.get_origin(hint) is tuple:
        if isinstance(value, list) and all(type(number) is int for number in value):
            return tuple(value)
    else:
        kinds = typing.get_args(hint) or (hint,)
        if float in kinds and type(value) is int:
            return float(value)
        # What the class does not have, it refuses itself.
        if type(value) in kinds or hint is None:
            return value
    raise ValueError(f"{name} is {reprlib.repr(value)}, not {hint}")
