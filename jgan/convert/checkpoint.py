"""From a file of any supported kind to a `Gan`: read, find the generator, convert."""

import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from jgan.convert import (
    biggan,
    biggan_deep,
    dcgan,
    eigengan,
    progan,
    stylegan,
    stylegan2,
)
from jgan.convert._one_file import gan_of_one_file, is_one_file
from jgan.convert._rules import ConversionError
from jgan.convert.assemble import assemble, families
from jgan.convert.readers import read_checkpoint
from jgan.gan import Gan

_CONVERTERS: dict[str, ModuleType] = {
    m.FAMILY: m
    for m in (biggan, biggan_deep, dcgan, eigengan, progan, stylegan, stylegan2)
}

# Where a training checkpoint holds several generators, the averaged one is meant. In
# order of preference, as the repositories of `jgan.zoo` call them.
_AVERAGED = ("G_ema", "g_ema", "generator_smooth", "ema")
# Deeper than this no known repository keeps its state dicts.
_MOST_DEPTH = 3


def convert_checkpoint(
    path: str | os.PathLike[str],
    *,
    family: str | None = None,
    name: str | None = None,
    class_names: tuple[str, ...] | None = None,
    num_classes: int | None = None,
) -> Gan:
    """Returns the generator in a checkpoint, of which nothing is executed.

    Args:
        path: A PyTorch file (zip or legacy stream), a network pickle of NVIDIA's, the
            index of a TensorFlow checkpoint, safetensors or npz. Beside a
            ``pytorch_model.bin`` of BigGAN-deep, its ``config.json`` is read too. What
            `export_checkpoint` wrote as safetensors comes back as it was.
        family: Which architecture it is. None finds out from the arrays.
        name: What to call the generator. None takes the file's name, or the one that
            was exported.
        class_names: Names of the classes by label.
        num_classes: How many classes, where the arrays do not tell (conditional DCGAN)
            and there are no `class_names`.

    Raises:
        CheckpointError: If the file cannot be read or asks for more than arrays.
        ConversionError: If its arrays are not one generator of a known family.
        ValueError: If the family or the number of class names is wrong.
    """
    path = pathlib.Path(path)
    if family is not None and family not in _CONVERTERS:
        raise ValueError(f"There is no family {family!r}. Have {list(families())}.")
    content = read_checkpoint(path)
    if is_one_file(content):
        gan = gan_of_one_file(content, path, name=name, class_names=class_names)
        for said, held in ((family, gan.family), (num_classes, gan.num_classes)):
            if said not in (None, held):
                raise ConversionError(
                    f"{path} holds a {gan.family} of {gan.num_classes} classes; "
                    f"{said!r} was given."
                )
        return gan
    try:
        family, arrays, context = find_generator(content, family=family)
        options: dict[str, Any] = {
            "num_classes": len(class_names) if class_names else num_classes
        }
        if family == biggan_deep.FAMILY:
            options["description"] = biggan_deep.read_description(path)
        if family == eigengan.FAMILY:
            options["exact"] = eigengan.read_exact(path)
        if family == stylegan2.FAMILY:
            options["context"] = context
        config, params = _CONVERTERS[family].convert(arrays, **options)
    except ConversionError as error:
        raise ConversionError(f"{path}: {error}") from None
    return assemble(
        family, config, params, name=name or path.stem, class_names=class_names
    )


class Found(NamedTuple):
    """A generator in a checkpoint.

    Attributes:
        family: Which architecture it is.
        arrays: Its state dict.
        context: What lies around the arrays: in the mapping that holds them, and in
            the one around that.
    """

    family: str
    arrays: dict[str, np.ndarray]
    context: dict[Any, Any]


def find_generator(content: Any, *, family: str | None = None) -> Found:
    """Returns the one generator in a checkpoint.

    Args:
        content: What `read_checkpoint` returns.
        family: Take a state dict for this family even if it does not look like it.

    Raises:
        ConversionError: If no state dict, or more than one, is a generator.
    """
    state_dicts = dict(_state_dicts(content, "", {}))
    wanted = [family] if family else list(_CONVERTERS)
    found = {
        place: Found(candidate, *there)
        for place, there in state_dicts.items()
        for candidate in wanted
        if _CONVERTERS[candidate].matches(there[0])
    }
    if not found and family and len(state_dicts) == 1:
        return Found(family, *next(iter(state_dicts.values())))
    if len(found) == 1:
        return next(iter(found.values()))
    for averaged in _AVERAGED:
        places = [place for place in found if place.rpartition(".")[2] == averaged]
        if len(places) == 1:
            return found[places[0]]
    if found:
        raise ConversionError(
            f"There are generators at {sorted(found)}; save the one you mean by itself."
        )
    raise ConversionError(
        _nothing_found([name for arrays, _ in state_dicts.values() for name in arrays])
    )


def _state_dicts(
    content: Any,
    place: str,
    around: Mapping[Any, Any],
    depth: int = 0,
    seen: set[int] | None = None,
) -> Iterator[tuple[str, tuple[dict[str, np.ndarray], dict[Any, Any]]]]:
    seen = set() if seen is None else seen
    # A hostile file can hold one mapping in a million places: each is looked at once.
    if not isinstance(content, Mapping) or depth > _MOST_DEPTH or id(content) in seen:
        return
    seen.add(id(content))
    arrays = {str(n): v for n, v in content.items() if isinstance(v, np.ndarray)}
    if all(name.startswith("module.") for name in arrays):  # torch's DataParallel.
        arrays = {n.removeprefix("module."): v for n, v in arrays.items()}
    if arrays:
        yield place, (arrays, {**around, **content})
    for name, value in content.items():
        inside = f"{place}.{name}".strip(".")
        yield from _state_dicts(value, inside, content, depth + 1, seen)


def _nothing_found(names: Sequence[str]) -> str:
    if not names:
        return "The file holds no arrays by name, so no state dict."
    names = names[:5]
    return (
        f"These are not the arrays of a generator of {', '.join(_CONVERTERS)}; they "
        f"begin {', '.join(names)}. If you know the family, say --family."
    )
