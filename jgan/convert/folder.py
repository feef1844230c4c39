"""jgan's own format: a folder with ``config.json`` and ``params.safetensors``."""

import dataclasses
import json
import os
import pathlib
import typing
from typing import Any

import flax.traverse_util
import numpy as np
import safetensors.numpy

from jgan.convert._rules import ConversionError, Rule, apply_rules
from jgan.convert.assemble import assemble, config_class, expected_params
from jgan.convert.readers import CheckpointError, read_checkpoint
from jgan.files import whole_folder
from jgan.gan import Gan

_FORMAT = 1
_CONFIG, _PARAMS = "config.json", "params.safetensors"


def save(gan: Gan, folder: str | os.PathLike[str]) -> pathlib.Path:
    """Writes a generator to a folder, which `jgan.load` reads.

    The folder appears whole or not at all. One that holds a generator is replaced.

    Args:
        gan: The generator.
        folder: Where. Its parent is made if needed.

    Returns:
        The folder.

    Raises:
        FileExistsError: If `folder` exists and is not a saved generator.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not _is_only_a_gan(folder):
        raise FileExistsError(
            f"{folder} exists and is not just a saved generator. Choose another name."
        )
    with whole_folder(folder) as scratch:
        flat = flax.traverse_util.flatten_dict(gan.params, sep="/")
        arrays = {k: np.asarray(v, order="C") for k, v in flat.items()}
        safetensors.numpy.save_file(arrays, scratch / _PARAMS)
        description = {
            "format": _FORMAT,
            "family": gan.family,
            "name": gan.name,
            "class_names": gan.class_names,
            "config": dataclasses.asdict(gan.config),
        }
        (scratch / _CONFIG).write_text(json.dumps(description, indent=2) + "\n")
    return folder


def _is_only_a_gan(folder: pathlib.Path) -> bool:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {""}
    if names != {_CONFIG, _PARAMS}:
        return False
    try:
        _read_description(folder / _CONFIG)
    except CheckpointError:
        return False
    return True


def is_saved_gan(folder: str | os.PathLike[str]) -> bool:
    """Returns whether a folder holds what `save` writes."""
    folder = pathlib.Path(folder)
    return (folder / _CONFIG).is_file() and (folder / _PARAMS).is_file()


def load_folder(folder: str | os.PathLike[str]) -> Gan:
    """Returns the generator that `save` wrote.

    Raises:
        FileNotFoundError: If the folder is not a saved generator.
        CheckpointError: If a file of it is damaged.
        ConversionError: If the arrays are not those of the config.
    """
    folder = pathlib.Path(folder)
    if not is_saved_gan(folder):
        raise FileNotFoundError(
            f"{folder} is not a saved generator: it needs {_CONFIG} and {_PARAMS}. "
            "`jgan convert FILE OUT` makes one from a checkpoint."
        )
    description = _read_description(folder / _CONFIG)
    family = description["family"]
    config = _config(folder / _CONFIG, family, description["config"])
    arrays = read_checkpoint(folder / _PARAMS)
    try:
        params = apply_rules(
            arrays, [Rule("(.*)", r"\1")], expected_params(family, config)
        )
    except ConversionError as error:
        raise ConversionError(f"{folder}: {error}") from None
    return assemble(
        family,
        config,
        params,
        name=description["name"],
        class_names=tuple(description["class_names"]),
    )


_FIELDS = {
    "format": int,
    "family": str,
    "name": str,
    "class_names": list,
    "config": dict,
}


def _read_description(path: pathlib.Path) -> dict[str, Any]:
    try:
        description = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON: {error}.") from None
    if not isinstance(description, dict):
        description = {}
    wrong = [k for k, t in _FIELDS.items() if not isinstance(description.get(k), t)]
    if wrong or description["format"] != _FORMAT:
        raise CheckpointError(
            f"{path} lacks {wrong or f'format {_FORMAT}'}; it is damaged, or from a "
            "newer jgan."
        )
    if not all(isinstance(name, str) for name in description["class_names"]):
        raise CheckpointError(f"{path}: class_names must be a list of strings.")
    return description


def _config(path: pathlib.Path, family: str, fields: dict[str, Any]) -> Any:
    # JSON knows no tuples, and a config must be hashable.
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    try:
        cls = config_class(family)
        hints = typing.get_type_hints(cls)
        for name, value in fields.items():
            if name in hints and not _has_type(value, hints[name]):
                raise ValueError(f"{name} is {value!r}, not {hints[name]}")
        return cls(**fields)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from None


def _has_type(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(type(v) is int for v in value)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, int | float if hint is float else hint)
