"""What a pickle may ask of Python itself: a few containers, and bytes spelt as text."""

from typing import Any

from jgan.convert.readers._errors import RESAVE, refusal, shown
from jgan.convert.readers._plain import Inert, Whitelist, check_key


class Namespace(Inert):
    """An `argparse.Namespace`, as the dict of its options."""

    def __init__(self):
        self._options: dict[str, Any] = {}

    def build(self, state: Any) -> None:
        """Receives the options."""
        if type(state) is not dict:
            raise refusal(f"an argparse.Namespace holds {shown(state)}")
        self._options = state

    def plain(self) -> dict[str, Any]:
        """Returns the options."""
        return self._options


def _ordered_dict(items: Any = None) -> dict[Any, Any]:
    # Python 2 passes a list of items here, Python 3 sets them one by one afterwards.
    if items is None:
        return {}
    if type(items) is not list:  # The machine charges for copying a list.
        raise refusal(f"an OrderedDict is made from {shown(items)}")
    ordered = {}
    for key, value in items:
        check_key(key)
        ordered[key] = value
    return ordered


def _default_dict(_factory: Any = None) -> dict[Any, Any]:
    return {}


def _counter(counts: Any = None) -> dict[Any, Any]:
    return counts if type(counts) is dict else {}


def _encode(text: Any, encoding: Any) -> bytes:
    """Returns the bytes that protocol 2, having no opcode for them, spelt as text."""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise refusal(f"it encodes {shown(text)} as {shown(encoding)}", RESAVE)
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


PYTHON_OBJECTS: Whitelist = {
    ("collections", "OrderedDict"): _ordered_dict,
    ("collections", "defaultdict"): _default_dict,
    ("collections", "Counter"): _counter,
    ("argparse", "Namespace"): Namespace,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("builtins", "bytes"): _no_bytes,
    # Mentioned as the factory of a defaultdict, and never called.
    ("__builtin__", "dict"): None,
    ("__builtin__", "list"): None,
    ("builtins", "dict"): None,
    ("builtins", "list"): None,
}
