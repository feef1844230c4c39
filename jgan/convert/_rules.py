"""Conversion as data: a table of rules, and one function that holds it to account."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import flax.traverse_util
import numpy as np

Transform = Callable[[np.ndarray], np.ndarray]


class Rule(NamedTuple):
    r"""Where one family of arrays goes.

    Attributes:
        source: Regular expression that must match the whole name in the checkpoint.
        target: Path of the parameter, parts joined by ``/``. May use ``\1`` and so on.
            None to leave the array out on purpose.
        transform: Change of layout, for example OIHW to HWIO.
    """

    source: str
    target: str | None
    transform: Transform = lambda array: array


class ConversionError(ValueError):
    """A checkpoint that does not fit the generator it was taken for."""


def oihw_to_hwio(kernel: np.ndarray) -> np.ndarray:
    """Returns a Flax convolution kernel from a PyTorch one."""
    return np.transpose(kernel, (2, 3, 1, 0))


def transpose(kernel: np.ndarray) -> np.ndarray:
    """Returns a Flax dense kernel from a PyTorch one."""
    return np.transpose(kernel)


def apply_rules(
    arrays: Mapping[str, np.ndarray], rules: Sequence[Rule], expected: Any
) -> dict[str, Any]:
    """Returns a tree of parameters like `expected`, filled from a flat checkpoint.

    Args:
        arrays: The checkpoint, by name.
        rules: Tried in order. The first whose `source` matches is used.
        expected: Tree of `jax.ShapeDtypeStruct`, as `jax.eval_shape` of ``init`` gives.

    Raises:
        ConversionError: If an array matches no rule, two arrays claim one parameter, a
            shape is wrong, numbers are complex or not finite, or a parameter is left
            without an array. All of them are listed.
    """
    want: dict[str, Any] = flax.traverse_util.flatten_dict(expected, sep="/")  # pyright: ignore[reportAssignmentType]
    got: dict[str, np.ndarray] = {}
    problems = []
    for name, array in arrays.items():
        rule = next((r for r in rules if re.fullmatch(r.source, name)), None)
        if rule is None:
            problems.append(f"{name} {array.shape}: no rule for it")
            continue
        if rule.target is None:
            continue
        path = re.sub(rule.source, rule.target, name)
        problem = None
        if path in got:
            problem = f"{path} is already taken"
        elif path not in want:
            problem = f"the model has no {path}"
        else:
            got[path], problem = _fit(array, rule.transform, want[path])
        if problem:
            problems.append(f"{name}: {problem}")
    problems += [f"{path}: nothing to fill it" for path in want if path not in got]
    if problems:
        raise ConversionError(summarize("The arrays do not fit the model:", problems))
    return flax.traverse_util.unflatten_dict(got, sep="/")


def _fit(array: np.ndarray, transform: Transform, want: Any):
    try:
        value = transform(array)
    except ValueError:
        return array, f"shape {array.shape} does not become {want.shape}"
    if value.shape != want.shape:
        return value, f"shape {array.shape} gives {value.shape}, not {want.shape}"
    if not np.can_cast(value.dtype, np.float64) and value.dtype.name != "bfloat16":
        return value, f"{value.dtype} is not a real number"
    value = value.astype(want.dtype)
    if not np.all(np.isfinite(value)):
        return value, "holds NaN or infinity"
    return value, None


def flat_arrays(params: Any) -> dict[str, np.ndarray]:
    """Returns a tree of parameters as arrays by path, parts joined by ``/``."""
    flat = flax.traverse_util.flatten_dict(params, sep="/")
    return {str(path): np.asarray(leaf, order="C") for path, leaf in flat.items()}


def summarize(title: str, problems: Sequence[str], most: int = 20) -> str:
    """Returns one message that lists the first problems and counts the rest."""
    lines = [title, *problems[:most]]
    if len(problems) > most:
        lines.append(f"… and {len(problems) - most} more")
    return "\n  ".join(lines)
