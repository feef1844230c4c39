"""NVIDIA's network pickles: `.pkl` of stylegan2-ada-pytorch and of stylegan3.

Such a file is a bare pickle of a dict of networks: G, D, G_ema, perhaps augment_pipe.
Each network goes through `torch_utils.persistence`, which hands the Python source of
its class to `exec`. Here the source is not even looked at: a module is its attributes.
Storages are whole legacy streams inside the pickle.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NoReturn

from jgan.convert.readers._errors import (
    NOT_A_CHECKPOINT,
    RESAVE,
    refusal,
    shown,
)
from jgan.convert.readers._nvidia_modules import Module, ModulesBudget
from jgan.convert.readers._pickle_machine import run_pickle
from jgan.convert.readers._torch_arrays import TORCH_OBJECTS, Storage
from jgan.convert.readers._torch_legacy import read_torch_storage
from jgan.convert.readers._window import Window

STARTS = (b"\x80\2", b"\x80\3", b"\x80\4", b"\x80\5")

# The only one that NVIDIA's repositories ever wrote or read.
_VERSION = 6
_LONGEST_NAME = 256


def read_nvidia(window: Window) -> Any:
    """Returns what the pickle assembles, not yet settled.

    Args:
        window: The whole file.
    """
    content = run_pickle(window, _Objects(window.remaining))
    parts = content.values() if type(content) is dict else [content]
    if not any(isinstance(x, Module) and x.version is not None for x in parts):
        raise refusal(
            "it is a bare pickle, neither of NVIDIA's networks nor written by "
            "torch.save",
            NOT_A_CHECKPOINT,
        )
    return content


class _Objects(Mapping):
    """What the pickle may ask for: a fixed table, and every class of `torch.nn`."""

    def __init__(self, file_size: int):
        self._budget = ModulesBudget()
        self._streams = file_size  # Bytes: each stream is loaded once, by its storage.
        self._table = {
            **TORCH_OBJECTS,
            ("torch.storage", "_load_from_bytes"): self._storage,
            ("torch_utils.persistence", "_reconstruct_persistent_obj"): self._network,
            ("dnnlib.util", "EasyDict"): _easy_dict,
            ("dnnlib.tflib.network", "Network"): _refuse_tensorflow,
            # Names of buffers that torch does not save.
            ("builtins", "set"): _set,
            ("__builtin__", "set"): _set,
        }

    def __getitem__(self, name: tuple[str, str]) -> Callable[..., Any] | None:
        if name not in self._table and name[0].startswith("torch.nn."):
            return partial(self._torch_module, ".".join(name))
        return self._table[name]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def _storage(self, data: Any) -> Storage:
        if type(data) is not bytes:
            raise refusal(f"a storage is read from {shown(data)}")
        self._streams -= len(data)
        if self._streams < 0:
            raise refusal("it loads more storages than it holds, by reusing a stream")
        return read_torch_storage(data)

    def _torch_module(self, class_name: str, *_arguments: Any) -> Module:
        return Module(class_name, None, self._budget)

    def _network(self, meta: Any) -> Module:
        """Returns an object of a persistent class, its source code left aside."""
        if type(meta) is not dict:
            raise refusal(f"a network is made from {shown(meta)}")
        kind, version = meta.get("type"), meta.get("version")
        class_name = meta.get("class_name")
        if type(version) is not int or version != _VERSION:
            raise refusal(
                f"a network in it is of version {shown(version)} of NVIDIA's "
                f"torch_utils.persistence, not {_VERSION}",
                RESAVE,
            )
        if type(kind) is not str or kind != "class":
            raise refusal(f"a network in it is of type {shown(kind)}, not 'class'")
        if type(class_name) is not str or len(class_name) > _LONGEST_NAME:
            raise refusal(f"the class of a network in it is {shown(class_name)}")
        network = Module(class_name, version, self._budget)
        network.build(meta.get("state"))
        return network


def _easy_dict() -> dict[Any, Any]:
    return {}


def _set(items: Any = None) -> list[Any]:
    # A list does where nothing is looked up, and its items need not be hashed.
    if items is None:
        return []
    if type(items) is not list:  # The machine charges for copying a list.
        raise refusal(f"a set is made from {shown(items)}")
    return list(items)


def _refuse_tensorflow(*_arguments: Any) -> NoReturn:
    raise refusal(
        "it is a TensorFlow pickle of StyleGAN (it asked for "
        "dnnlib.tflib.network.Network, which was not run)",
        "Convert it first, in a checkout of NVIDIA's stylegan2-ada-pytorch, with "
        "python legacy.py --source=old.pkl --dest=new.pkl",
    )
