"""From what a pickle sets on a torch module to its state dict and its description."""

import sys
from collections.abc import Collection
from typing import Any

import numpy as np

from jgan.convert.readers._errors import RESAVE, refusal, shown
from jgan.convert.readers._plain import Inert

# The key beside the arrays of a state dict under which the description lies.
DESCRIPTION = "persistent"

# Bytes that the modules of one file may take, tensors excepted: 5,000 modules, and the
# largest of NVIDIA's files hold 300. A file may share one module between many.
_BUDGET = 32 * 2**20
_PER_MODULE = 1024
_PER_NAME = 160
_LONGEST_NAME = 256


class ModulesBudget:
    """What the modules of one file may still spend."""

    def __init__(self):
        self._left = _BUDGET

    def charge(self, cost: int) -> None:
        """Refuses what goes beyond the budget."""
        self._left -= cost
        if self._left < 0:
            raise refusal(
                "its modules unfold into more than a network has use for, by nesting "
                "deep or by sharing a few of them"
            )

    def charge_names(self, names: Collection[str]) -> None:
        """Refuses names, and looking at each once, if they go beyond the budget."""
        self.charge(sum(_PER_NAME + sys.getsizeof(name) for name in names))


class Module(Inert):
    """A `torch.nn.Module`, or any object of a persistent class of NVIDIA's.

    It is unfolded when its state arrives, the modules inside being there already: so
    nothing recurses, and no module can hold itself.

    Attributes:
        version: Of `torch_utils.persistence`. None for an object of torch's own.
        tensors: Its state dict, in the order in which torch gives it.
        descriptions: Of itself under the empty name, then of the modules inside.
    """

    def __init__(self, class_name: str, version: int | None, budget: ModulesBudget):
        self.version = version
        self.tensors: dict[str, np.ndarray] = {}
        self.descriptions: dict[str, dict[str, Any]] = {}
        self._class_name = class_name
        self._budget = budget
        self.build({})

    def build(self, state: Any) -> None:
        """Receives the attributes of the object: its `__dict__`."""
        if type(state) is not dict or not all(type(key) is str for key in state):
            raise refusal(
                f"a module of class {shown(self._class_name)} has the state "
                f"{shown(state)}",
                RESAVE,
            )
        self._budget.charge(_PER_MODULE)
        self._budget.charge_names(state)
        self.descriptions = {"": self._described(state)}
        self.tensors = self._own_tensors(state)
        for name, child in self._entries(state, "_modules").items():
            if child is None:
                continue
            if not isinstance(child, Module):
                raise refusal(f"its module {shown(name)} is {shown(child)}", RESAVE)
            self.tensors |= self._prefixed(name, child.tensors)
            self.descriptions |= self._prefixed(name, child.descriptions)

    def plain(self) -> dict[str, Any]:
        """Returns the state dict, after the description under a key of its own."""
        if DESCRIPTION in self.tensors:
            raise refusal(
                f"a network in it has a tensor named {DESCRIPTION!r}, the key that "
                "jgan keeps for the network's arguments",
                RESAVE,
            )
        modules = {name: x for name, x in self.descriptions.items() if name}
        description = {**self.descriptions[""], "modules": modules}
        return {DESCRIPTION: description, **self.tensors}

    def _described(self, state: dict[str, Any]) -> dict[str, Any]:
        return {
            "class_name": self._class_name,
            "version": self.version,
            "init_args": state.get("_init_args", ()),
            "init_kwargs": state.get("_init_kwargs", {}),
            "attributes": {k: v for k, v in state.items() if not k.startswith("_")},
        }

    def _own_tensors(self, state: dict[str, Any]) -> dict[str, np.ndarray]:
        left_out = state.get("_non_persistent_buffers_set", [])
        if type(left_out) is not list or not all(type(x) is str for x in left_out):
            raise refusal(f"the buffers not to save are {shown(left_out)}")
        self._budget.charge_names(left_out)
        parameters = self._entries(state, "_parameters")
        buffers = self._entries(state, "_buffers")
        both = parameters.keys() & buffers.keys()
        if both:
            raise refusal(f"a module has two tensors named {shown(min(both))}")
        not_saved = set(left_out)
        saved = {name: x for name, x in buffers.items() if name not in not_saved}
        tensors = {n: x for n, x in (parameters | saved).items() if x is not None}
        for name, tensor in tensors.items():
            if not isinstance(tensor, np.ndarray):
                raise refusal(f"its tensor {shown(name)} is {shown(tensor)}", RESAVE)
        return tensors

    def _prefixed(self, name: str, inside: dict[str, Any]) -> dict[str, Any]:
        dotted = {f"{name}.{x}" if x else name: value for x, value in inside.items()}
        self._budget.charge_names(dotted)
        return dotted

    def _entries(self, state: dict[str, Any], key: str) -> dict[str, Any]:
        """Returns one of the dicts in which torch keeps a module's parts, by name."""
        entries = state.get(key, {})
        if type(entries) is not dict:
            raise refusal(f"the {key} of a module are {shown(entries)}")
        for name in entries:
            # As torch demands; and a dot could make one name of two.
            is_text = type(name) is str
            if not is_text or not 0 < len(name) <= _LONGEST_NAME or "." in name:
                raise refusal(f"a part of a module has the name {shown(name)}")
        self._budget.charge_names(entries)
        return entries
