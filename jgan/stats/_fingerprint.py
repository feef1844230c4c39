"""What a collection depends on, told the same in another process.

Arrays by their content and functions by their code, with all that they close over: a
network is known again, and the same network with another threshold is another.
"""

import dataclasses
import functools
import hashlib
import re
import types
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from jgan.gan import Gan
from jgan.typing import Segmenter


def fingerprint(
    gan: Gan,
    accumulators: Any,
    segmenter: Segmenter | None,
    sizes: tuple[int, ...],
    key: PRNGKeyArray,
) -> dict[str, str]:
    """Returns what a collection depends on, by what a user calls it."""
    return {
        "generator": digest_of_gan(gan),
        "accumulators": digest(accumulators),
        "segmenter": digest((segmenter, getattr(segmenter, "concepts", ()))),
        "num_images and batch_size": ", ".join(map(str, sizes)),
        "key": digest(jax.random.key_data(key)),
    }


def digest_of_gan(gan: Gan) -> str:
    """Returns what a generator is, in 64 letters."""
    return digest((gan.params, repr(gan.config), gan.forward, gan.sample_latents))


def digest(tree: Any) -> str:
    """Returns what a tree of anything is, in 64 letters."""
    # Static data may show the addresses of functions.
    structure = re.sub(r" at 0x[0-9a-f]+", "", str(jax.tree.structure(tree)))
    sha = hashlib.sha256(structure.encode())
    seen: set[int] = set()
    for leaf in jax.tree.leaves(tree):
        sha.update(_about(leaf, seen).encode())
    return sha.hexdigest()


def _about(value: Any, seen: set[int]) -> str:
    """Returns what a value is; `seen` are the objects it is a part of, by identity."""
    if isinstance(value, str | bytes | int | float | complex | None):
        return repr(value)
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        return _about_array(value)
    if isinstance(value, type | types.ModuleType):
        return f"{getattr(value, '__module__', '')}.{value.__name__}"
    if id(value) in seen:
        return "again"
    parts, name = _parts(value)
    within = seen | {id(value)}
    return f"{name}({', '.join(_about(part, within) for part in parts)})"


def _about_array(value: Any) -> str:
    if jnp.issubdtype(value.dtype, jax.dtypes.prng_key):
        value = jax.random.key_data(value)
    array = np.asarray(value)
    # Objects in an array would be told by their address.
    content = b"" if array.dtype == object else array.tobytes()
    return f"{array.dtype} {array.shape} {hashlib.sha256(content).hexdigest()}"


def _parts(value: Any) -> tuple[list[Any], str]:
    """Returns what an object is made of, and what it is called."""
    name = getattr(value, "__qualname__", type(value).__qualname__)
    if isinstance(value, tuple | list):
        return [*value], name
    if isinstance(value, dict):
        return [part for item in value.items() for part in item], name
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords], name
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__], name
    if isinstance(value, types.CodeType):
        # Not its lines: a function may move in its file.
        return [value.co_code, value.co_names, value.co_consts], name
    if hasattr(value, "__wrapped__"):
        return [value.__wrapped__], name
    if isinstance(value, types.FunctionType):
        held = [_content(cell) for cell in value.__closure__ or ()]
        defaults = [value.__defaults__, value.__kwdefaults__]
        return [value.__code__, *held, *defaults], f"{value.__module__}.{name}"
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return [getattr(value, field.name) for field in fields], name
    # Of other objects the attributes may be anything; their methods are told.
    methods = [
        x for x in vars(type(value)).values() if isinstance(x, types.FunctionType)
    ]
    return methods, name


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # Empty, as of a variable that was never set.
        return None
