"""A stack machine that reads pickles and can do nothing but assemble data.

A pickle is a program. Python's own machine lets it import any object and call it; this
one knows the opcodes of plain data, turns an import into two strings (`Name`), and lets
REDUCE call only the pure functions of the whitelist it was given. It knows the opcodes
of protocols 2 to 5 that checkpoints use, and refuses any other before reading its
argument.

Memory is bounded before it is spent: one byte of a pickle can ask for an object of
hundreds. Every opcode is charged for what it leaves behind, against a fixed budget, so
a file costs at most its own size twice (its strings, and array bytes decoded from them)
plus that budget. The charges are rounded up from `sys.getsizeof`.
"""

import pickletools
import struct
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from jgan.convert.readers._errors import RESAVE, CheckpointError, refusal, shown
from jgan.convert.readers._plain import Inert, Name, Whitelist, check_key, forbidden
from jgan.convert.readers._window import Window

BUDGET = 128 * 2**20  # Bytes. Enough for about 25,000 tensors.

_PER_OPCODE = 64
_PER_CONTAINER = 320
_PER_ITEM = 96
_PER_MEMO = 128
_PER_CALL = 768  # A tensor is a view of about this size.
_LONG_TEXT = 2**20
_LONGEST_NAME = 256
_STOP = b"."


def run_pickle(
    window: Window,
    whitelist: Whitelist,
    load_persistent: Callable[[Any], Any] | None = None,
    *,
    budget: int = BUDGET,
) -> Any:
    """Returns what the pickle at the window's start assembles, and moves past it.

    The result may hold `Name` and `Inert` objects, and may be hostile to walk: hand it
    to `settle` before anything else looks at it.

    Args:
        window: Bytes that start with a pickle.
        whitelist: What REDUCE may call.
        load_persistent: Turns a persistent id into an object (torch keeps its storages
            outside the pickle). None refuses them.
        budget: Bytes that the pickle's objects may take, its long strings excepted.
    """
    machine = _Machine(window, whitelist, load_persistent, budget)
    while (code := window.read(1)) != _STOP:
        if code not in _OPCODES:
            raise refusal(f"it uses the pickle opcode {_opcode_name(code)}", RESAVE)
        step, argument = _OPCODES[code]
        step(machine, argument)
    return machine.result()


class _Machine:
    """The stack, the memo and the budget of one run."""

    def __init__(
        self,
        window: Window,
        whitelist: Whitelist,
        load_persistent: Callable[[Any], Any] | None,
        budget: int,
    ):
        self._window = window
        self._whitelist = whitelist
        self._load_persistent = load_persistent
        self._budget = budget
        # Array bytes of protocol 2 are text that a call decodes, once for each array.
        self._copies = window.remaining
        self._stack: list[Any] = []
        self._outer: list[list[Any]] = []  # The stacks below each open mark.
        self._memo: dict[int, Any] = {}

    def result(self) -> Any:
        if self._outer:
            raise self._malformed("it ends inside a container")
        return self._pop()

    # Helpers.

    def _malformed(self, problem: str) -> CheckpointError:
        return refusal(f"{problem}, at byte {self._window.position} of the pickle")

    def _charge(self, cost: int) -> None:
        self._budget -= cost
        if self._budget < 0:
            raise refusal(
                "its pickle assembles more objects than a checkpoint has use for",
                RESAVE,
            )

    def _push(self, value: Any, cost: int = 0) -> None:
        self._charge(_PER_OPCODE + cost)
        self._stack.append(value)

    def _pop(self) -> Any:
        if not self._stack:
            raise self._malformed("it takes from an empty stack")
        return self._stack.pop()

    def _peek(self) -> Any:
        if not self._stack:
            raise self._malformed("it takes from an empty stack")
        return self._stack[-1]

    def _pop_to_mark(self) -> list[Any]:
        if not self._outer:
            raise self._malformed("it closes a container that was not opened")
        items, self._stack = self._stack, self._outer.pop()
        return items

    def _number(self, spec: str) -> Any:
        return struct.unpack(spec, self._window.read(struct.calcsize(spec)))[0]

    def _payload(self, spec: str) -> bytes:
        size = self._number(spec)
        if size < 0:
            raise self._malformed(f"it holds a text of {size} bytes")
        return self._window.read(size)

    # Plain data: each method is one group of opcodes, `argument` tells them apart.

    def protocol(self, spec: str) -> None:
        number = self._number(spec)
        if not 2 <= number <= 5:
            raise refusal(f"it is a pickle of protocol {number}, not 2 to 5", RESAVE)

    def frame(self, spec: str) -> None:
        size = self._number(spec)
        if size > self._window.remaining:
            raise self._malformed(f"it promises a frame of {size} bytes")

    def constant(self, value: Any) -> None:
        self._push(value)

    def number(self, spec: str) -> None:
        self._push(self._number(spec))

    def long(self, spec: str) -> None:
        size = self._number(spec)
        if not 0 <= size <= 255:
            raise self._malformed(f"it holds an integer of {size} bytes")
        data = self._window.read(size)
        self._push(int.from_bytes(data, "little", signed=True), size)

    def text(self, spec: str) -> None:
        data = self._payload(spec)
        # Long text is array bytes, hence Latin-1: Python keeps one byte for each of its
        # characters, and four for each once a single one lies beyond (lead byte > C3).
        if len(data) > _LONG_TEXT and np.frombuffer(data, np.uint8).max() > 0xC3:
            raise refusal(f"it holds a text of {len(data)} bytes", RESAVE)
        try:
            text = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self._malformed(f"{shown(data[:32])} is not text") from None
        self._push(text, max(0, sys.getsizeof(text) - len(data)))

    def old_text(self, spec: str) -> None:
        # Python 2 told text and bytes not apart: Latin-1 loses neither.
        self._push(self._payload(spec).decode("latin-1"))

    def byte_text(self, spec: str) -> None:
        self._push(self._payload(spec))

    def empty(self, kind: type) -> None:
        self._push(kind(), _PER_CONTAINER)

    def empty_set(self, _: None) -> None:
        # Only where the whitelist has the call that this opcode shortens.
        function = self._whitelist.get(("builtins", "set"))
        if function is None:
            raise forbidden(Name("builtins", "set"))
        self._push(function(), _PER_CONTAINER)

    def mark(self, _: None) -> None:
        self._charge(_PER_OPCODE + _PER_CONTAINER)
        self._outer.append(self._stack)
        self._stack = []

    def group(self, size: int | None) -> None:
        if size is None:
            items = self._pop_to_mark()
        else:
            items = [self._pop() for _ in range(size)][::-1]
        self._push(tuple(items), _PER_CONTAINER + 16 * len(items))

    def append(self, is_many: bool) -> None:
        items = self._pop_to_mark() if is_many else [self._pop()]
        target = self._peek()
        if type(target) is not list:
            raise self._malformed(f"it appends to {shown(target)}")
        self._charge(_PER_OPCODE + 32 * len(items))
        target.extend(items)

    def set_items(self, is_many: bool) -> None:
        items = self._pop_to_mark() if is_many else [self._pop(), self._pop()][::-1]
        target = self._peek()
        if type(target) is not dict or len(items) % 2:
            raise self._malformed(f"it sets {len(items)} items of {shown(target)}")
        self._charge(_PER_CONTAINER + _PER_ITEM * len(items))
        for key, value in zip(items[::2], items[1::2], strict=True):
            check_key(key)
            target[key] = value

    def put(self, spec: str | None) -> None:
        index = len(self._memo) if spec is None else self._number(spec)
        # Numbers are given in order, and each takes a byte at least.
        if index > self._window.position:
            raise self._malformed(f"it remembers an object as number {index}")
        self._charge(_PER_OPCODE + _PER_MEMO)
        self._memo[index] = self._peek()

    def get(self, spec: str) -> None:
        index = self._number(spec)
        if index not in self._memo:
            raise self._malformed(f"it recalls object {index}, which is not there")
        self._push(self._memo[index])

    # What would run code in Python's machine.

    def name(self, _: None) -> None:
        module = self._window.line(_LONGEST_NAME)
        self._push(Name(module, self._window.line(_LONGEST_NAME)), _PER_CONTAINER)

    def stack_name(self, _: None) -> None:
        name, module = self._pop(), self._pop()
        for part in (module, name):
            if type(part) is not str or len(part) > _LONGEST_NAME:
                raise self._malformed(f"it asks for the name {shown(part)}")
        self._push(Name(module, name), _PER_CONTAINER)

    def call(self, _: None) -> None:
        arguments, name = self._pop(), self._pop()
        if not isinstance(name, Name):
            raise self._malformed(f"it calls {shown(name)}")
        function = self._whitelist.get((name.module, name.name))
        if function is None:
            raise forbidden(name)
        if type(arguments) is not tuple:
            raise self._malformed(f"it calls {name!s} with {shown(arguments)}")
        self._charge_copies(arguments)
        self._push(self._guarded(function, *arguments), _PER_CALL)

    def build(self, _: None) -> None:
        state = self._pop()
        target = self._peek()
        self._charge(_PER_OPCODE + _PER_CALL)
        if isinstance(target, Inert):
            if type(state) is tuple:
                self._charge_copies(state)
            self._guarded(target.build, state)
        elif type(target) is not dict:  # An OrderedDict's state is torch's _metadata.
            raise self._malformed(f"it sets a state on {shown(target)}")

    def persistent(self, _: None) -> None:
        persistent_id = self._pop()
        if self._load_persistent is None:
            raise self._malformed(f"it refers to {shown(persistent_id)} outside itself")
        value = self._guarded(self._load_persistent, persistent_id)
        self._push(value, _PER_CALL)

    def _guarded(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns the function's value; arguments it was not made for are refused."""
        try:
            return function(*arguments)
        except (CheckpointError, OSError, MemoryError):
            raise
        except Exception as error:
            called = getattr(function, "__name__", "a function")
            kinds = ", ".join(type(argument).__name__ for argument in arguments[:8])
            raise self._malformed(
                f"it calls {called} on what makes no sense ({kinds})"
            ) from error

    def _charge_copies(self, values: tuple[Any, ...]) -> None:
        """Charges for what a function may copy: text it decodes, items it gathers."""
        for value in values:
            if type(value) in (list, dict):
                self._charge(_PER_ITEM * len(value))
            elif type(value) is str:
                self._copies -= len(value)
        if self._copies < 0:
            raise refusal("it decodes more bytes than it holds, by reusing a text")


def _opcode_name(code: bytes) -> str:
    names = {opcode.code: opcode.name for opcode in pickletools.opcodes}
    return names.get(code.decode("latin-1"), shown(code))


_OPCODES: dict[bytes, tuple[Callable[[_Machine, Any], None], Any]] = {
    b"\x80": (_Machine.protocol, "<B"),
    b"\x95": (_Machine.frame, "<Q"),
    b"N": (_Machine.constant, None),
    b"\x88": (_Machine.constant, True),
    b"\x89": (_Machine.constant, False),
    b"K": (_Machine.number, "<B"),
    b"M": (_Machine.number, "<H"),
    b"J": (_Machine.number, "<i"),
    b"G": (_Machine.number, ">d"),
    b"\x8a": (_Machine.long, "<B"),
    b"\x8b": (_Machine.long, "<i"),
    b"\x8c": (_Machine.text, "<B"),
    b"X": (_Machine.text, "<I"),
    b"\x8d": (_Machine.text, "<Q"),
    b"U": (_Machine.old_text, "<B"),
    b"T": (_Machine.old_text, "<i"),
    b"C": (_Machine.byte_text, "<B"),
    b"B": (_Machine.byte_text, "<I"),
    b"\x8e": (_Machine.byte_text, "<Q"),
    b"\x96": (_Machine.byte_text, "<Q"),
    b"}": (_Machine.empty, dict),
    b"]": (_Machine.empty, list),
    b"\x8f": (_Machine.empty_set, None),
    b"\x90": (_Machine.append, True),
    b")": (_Machine.group, 0),
    b"\x85": (_Machine.group, 1),
    b"\x86": (_Machine.group, 2),
    b"\x87": (_Machine.group, 3),
    b"(": (_Machine.mark, None),
    b"t": (_Machine.group, None),
    b"a": (_Machine.append, False),
    b"e": (_Machine.append, True),
    b"s": (_Machine.set_items, False),
    b"u": (_Machine.set_items, True),
    b"q": (_Machine.put, "<B"),
    b"r": (_Machine.put, "<I"),
    b"\x94": (_Machine.put, None),
    b"h": (_Machine.get, "<B"),
    b"j": (_Machine.get, "<I"),
    b"c": (_Machine.name, None),
    b"\x93": (_Machine.stack_name, None),
    b"R": (_Machine.call, None),
    b"\x81": (_Machine.call, None),
    b"b": (_Machine.build, None),
    b"Q": (_Machine.persistent, None),
}
