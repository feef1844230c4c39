"""A generator of any family as one safetensors file, which carries its description."""

import json
import pathlib
from typing import Any

import numpy as np
import safetensors.numpy

from jgan.convert._description import describe, gan_of, parse
from jgan.convert._rules import flat_arrays
from jgan.gan import Gan

# What the reader calls the text of a file, and what jgan's text is called in it.
_METADATA, _DESCRIPTION = "__metadata__", "jgan"


def write_one_file(gan: Gan, path: pathlib.Path) -> None:
    """Writes parameters by their path, and the description as the file's text."""
    metadata = {_DESCRIPTION: json.dumps(describe(gan))}
    safetensors.numpy.save_file(flat_arrays(gan.params), path, metadata=metadata)


def is_one_file(content: Any) -> bool:
    """Returns whether `read_checkpoint` returned what `write_one_file` wrote."""
    return isinstance(_description(content), str)


def gan_of_one_file(
    content: Any,
    path: pathlib.Path,
    *,
    name: str | None,
    class_names: tuple[str, ...] | None,
) -> Gan:
    """Returns the generator that was written.

    Args:
        content: What `read_checkpoint` returned.
        path: The file, for errors.
        name: What to call it. None takes the name it had.
        class_names: Names of the classes by label. None takes those it had.

    Raises:
        CheckpointError: If its description is damaged.
        ConversionError: If the arrays are not those of the config.
        ValueError: If the number of class names is not the number of classes.
    """
    place = f"The description in {path}"
    arrays = {str(n): a for n, a in content.items() if isinstance(a, np.ndarray)}
    description = parse(_description(content), place)
    other = {"name": name, "class_names": class_names}
    description |= {field: value for field, value in other.items() if value}
    return gan_of(description, arrays, place)


def _description(content: Any) -> Any:
    metadata = content.get(_METADATA) if isinstance(content, dict) else None
    return metadata.get(_DESCRIPTION) if isinstance(metadata, dict) else None
