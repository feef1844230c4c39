"""From what a pickle leaves behind to plain Python: the last step of every reader.

A pickle may share one object between many parents. That is harmless in memory and
ruinous to whoever walks the result: thirty lists, each holding the one before twice,
are a billion leaves. So the walk here visits every object once, counts what a naive
walk would see, and refuses what no checkpoint needs.
"""

import abc
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jgan.convert.readers._errors import RESAVE, refusal, shown

# A function that a pickle may ask for, under its dotted name; None for a name that may
# be mentioned (a dtype, a storage type) but not called.
Whitelist = Mapping[tuple[str, str], Callable[..., Any] | None]

MAX_DEPTH = 50  # Real checkpoints nest about ten deep.
MAX_NODES = 4_000_000  # Leaves and containers, each counted once per way to reach it.

_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})


@dataclass(frozen=True, slots=True)
class Name:
    """A global that a pickle asked for: two strings, never an object."""

    module: str
    name: str

    def __str__(self) -> str:
        # Escaped: an error shows it, and a file may put a terminal's codes in it.
        return f"{self.module}.{self.name}".encode("unicode_escape").decode("ascii")


class Inert(abc.ABC):
    """An object of the file, reduced to the data it carries."""

    def build(self, state: Any) -> None:
        """Receives the state that the file sets on the object."""
        raise refusal(f"it sets a state on a {type(self).__name__}", RESAVE)

    @abc.abstractmethod
    def plain(self) -> Any:
        """Returns the object's content as containers, arrays and atoms."""


def check_key(key: Any) -> None:
    """Refuses what a checkpoint's dict has no use for as a key.

    Hashing a deep tuple overruns the interpreter's stack, and a crowd of very large
    ints can be chosen to collide.
    """
    if type(key) not in _ATOMS or (type(key) is int and abs(key) >= 2**63):
        raise refusal(f"a dict has the key {shown(key)}", RESAVE)


def forbidden(name: Name) -> Exception:
    """Returns the error for a name outside the whitelist."""
    return refusal(f"it asked for {name!s}, which was not run", RESAVE)


def settle(content: Any, whitelist: Whitelist, *, max_array_bytes: int) -> Any:
    """Returns the content as dicts, lists, tuples, atoms and arrays, and nothing else.

    Objects that were shared stay shared.

    Args:
        content: What a reader assembled. Left unchanged.
        whitelist: Names with the value None become their dotted text.
        max_array_bytes: Bound on the arrays' bytes, each counted once per way to
            reach it.
    """
    return _Walk(whitelist, max_array_bytes).visit(content, 0)[0]


class _Walk:
    """One pass over the content, visiting a shared object once."""

    def __init__(self, whitelist: Whitelist, max_array_bytes: int):
        self._whitelist = whitelist
        self._max_array_bytes = max_array_bytes
        # The original is kept beside its result: a freed object's id would be reused.
        self._done: dict[int, tuple[Any, Any, int, int]] = {}
        self._open: set[int] = set()

    def visit(self, value: Any, depth: int) -> tuple[Any, int, int]:
        """Returns the plain value, and the nodes and array bytes below it."""
        if type(value) in _ATOMS:
            return value, 1, 0
        if isinstance(value, Name):
            if self._whitelist.get((value.module, value.name), forbidden) is not None:
                raise forbidden(value)
            return str(value), 1, 0
        if id(value) in self._open:
            raise refusal("a container in it holds itself")
        if id(value) in self._done:
            return self._done[id(value)][1:]
        if depth > MAX_DEPTH:
            raise refusal(f"it nests deeper than {MAX_DEPTH} levels")
        self._open.add(id(value))
        plain, num_nodes, num_bytes = self._enter(value, depth)
        self._open.discard(id(value))
        if num_nodes > MAX_NODES:
            raise refusal(
                f"it unfolds into {num_nodes} or more values by sharing a few of them, "
                f"more than {MAX_NODES}"
            )
        if num_bytes > self._max_array_bytes:
            raise refusal(
                f"its arrays unfold into {num_bytes} bytes or more by sharing a few of "
                f"them, more than {self._max_array_bytes}"
            )
        self._done[id(value)] = value, plain, num_nodes, num_bytes
        return plain, num_nodes, num_bytes

    def _enter(self, value: Any, depth: int) -> tuple[Any, int, int]:
        if isinstance(value, np.ndarray):
            _check_values(value)
            return value, 1, value.nbytes
        if isinstance(value, Inert):
            return self.visit(value.plain(), depth + 1)
        if type(value) is dict:
            parts = [self.visit(x, depth + 1) for x in value.values()]
            plain = {k: part[0] for k, part in zip(value, parts, strict=True)}
        elif type(value) in (list, tuple):
            parts = [self.visit(x, depth + 1) for x in value]
            plain = type(value)(part[0] for part in parts)
        else:
            raise refusal(f"it holds a {type(value).__name__}", RESAVE)
        num_nodes = 1 + sum(part[1] for part in parts)
        return plain, num_nodes, sum(part[2] for part in parts)


def _check_values(array: np.ndarray) -> None:
    """Refuses bytes that are no value of the dtype: there NumPy is undefined."""
    if not array.size:
        return
    if array.dtype == np.bool_ and array.view(np.uint8).max() > 1:
        raise refusal("an array of booleans holds a byte other than 0 and 1")
    if array.dtype.kind == "U":
        flat = (array if array.flags.c_contiguous else array.T).reshape(-1)
        if flat.view(f"{array.dtype.str[0]}u4").max() > sys.maxunicode:
            raise refusal("an array of text holds a number that is no character")
