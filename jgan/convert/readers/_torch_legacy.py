"""PyTorch files before 1.6: five pickles in a row, then the storages' bytes.

The pickles are a magic number, a version, facts of the machine that wrote the file, the
object, and the order of its storages. Tensors are assembled before the bytes arrive: as
views of arrays that are filled afterwards. A storage that Python's own pickle meets is
embedded there as a stream of that storage alone.
"""

import io
import struct
from typing import Any

import numpy as np

from jgan.convert.readers._errors import is_size, refusal, shown
from jgan.convert.readers._pickle_machine import run_pickle
from jgan.convert.readers._torch_arrays import (
    TORCH_OBJECTS,
    Storage,
    StorageId,
    storage_id,
)
from jgan.convert.readers._window import Window

# The first pickle without its protocol and frame: ten bytes of an integer, STOP.
MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_SMALL = 8 * 2**20  # Bytes that the objects of a pickle beside the main one may take.


class _Storages:
    """Arrays handed out while the object is assembled, and filled afterwards."""

    def __init__(self, window: Window):
        self._window = window
        self._data: dict[str, np.ndarray] = {}
        self._ids: dict[str, StorageId] = {}
        self._num_bytes = 0

    def load(self, persistent_id: Any) -> Storage:
        """Returns the storage, or the part of it that the persistent id asks for."""
        wanted = storage_id(persistent_id)
        if wanted.key not in self._data:
            self._num_bytes += wanted.nbytes
            if self._num_bytes > self._window.remaining:
                raise refusal(
                    f"it is truncated or lies about its sizes: its storages declare "
                    f"{self._num_bytes} bytes, and {self._window.remaining} are left"
                )
            self._data[wanted.key] = np.empty(wanted.nbytes, np.uint8)
            self._ids[wanted.key] = wanted
        if self._ids[wanted.key] != wanted:
            raise refusal(f"it declares the storage {shown(wanted.key)} in two ways")
        data = self._data[wanted.key]
        part = persistent_id[5] if len(persistent_id) > 5 else None
        if part is None:
            return Storage(data, wanted.dtype)
        if type(part) is not tuple or len(part) != 3 or not all(map(is_size, part[1:])):
            raise refusal(f"it views a storage by {shown(part)}")
        _, offset, num_elements = part
        if offset + num_elements > wanted.num_elements:
            raise refusal(
                f"it views elements {offset} to {offset + num_elements} of a storage "
                f"of {wanted.num_elements}"
            )
        itemsize = wanted.dtype.itemsize
        return Storage(
            data[offset * itemsize : (offset + num_elements) * itemsize], wanted.dtype
        )

    def fill(self, keys: Any) -> None:
        """Reads the bytes of all storages, in the order of their keys in the file."""
        if type(keys) is not list or not all(type(key) is str for key in keys):
            raise refusal(f"the order of its storages is {shown(keys)}")
        if len(set(keys)) != len(keys) or set(keys) != set(self._data):
            raise refusal(
                f"it stores {len(keys)} storages and its tensors view "
                f"{len(self._data)}, not the same ones"
            )
        for key in keys:
            (num_elements,) = struct.unpack("<q", self._window.read(8))
            if num_elements != self._ids[key].num_elements:
                raise refusal(
                    f"its storage {shown(key)} has {num_elements} elements, and was "
                    f"announced with {self._ids[key].num_elements}"
                )
            self._window.fill(self._data[key])


def read_torch_legacy(window: Window) -> Any:
    """Returns what the main pickle assembles, not yet settled.

    Args:
        window: The whole file.
    """
    _read_start(window)
    storages = _Storages(window)
    content = run_pickle(window, TORCH_OBJECTS, storages.load)
    storages.fill(run_pickle(window, {}, budget=_SMALL))
    return content


def read_torch_storage(data: bytes) -> Storage:
    """Returns the one storage that is the whole content of a stream.

    It is a view: the bytes lie in memory already, and a copy would double them.

    Args:
        data: The whole stream.
    """
    window = Window(io.BytesIO(data), 0, len(data))
    _read_start(window)
    loaded: list[tuple[StorageId, Storage]] = []

    def load(persistent_id: Any) -> Storage:
        wanted = storage_id(persistent_id)
        if loaded or persistent_id[5:] not in ((), (None,)):
            raise refusal("a stream inside it holds more than one storage")
        if wanted.nbytes > window.remaining:
            raise refusal(
                f"it is truncated or lies about its sizes: a storage in it declares "
                f"{wanted.nbytes} bytes, and {window.remaining} are left"
            )
        start = len(data) - wanted.nbytes
        storage = Storage(np.frombuffer(data, np.uint8)[start:], wanted.dtype)
        loaded.append((wanted, storage))
        return storage

    # Storage types may be mentioned, and nothing called: not a stream in the stream.
    content = run_pickle(window, {}, load, budget=_SMALL)
    keys = run_pickle(window, {}, budget=_SMALL)
    if not loaded or content is not loaded[0][1]:
        raise refusal(f"a stream inside it holds {shown(content)}, not a storage")
    wanted, storage = loaded[0]
    if (
        type(keys) is not list
        or len(keys) != 1
        or type(keys[0]) is not str
        or keys[0] != wanted.key
    ):
        raise refusal(f"a stream of one storage stores {shown(keys)}")
    (num_elements,) = struct.unpack("<q", window.read(8))
    if num_elements != wanted.num_elements or window.remaining != wanted.nbytes:
        raise refusal(
            f"a storage in it has {num_elements} elements in {window.remaining} bytes, "
            f"and was announced with {wanted.num_elements} in {wanted.nbytes}"
        )
    return storage


def _read_start(window: Window) -> None:
    """Moves past the three pickles before the main one, if they are right."""
    magic = run_pickle(window, {}, budget=_SMALL)
    version = run_pickle(window, {}, budget=_SMALL)
    if (magic, version) != (_MAGIC_NUMBER, _VERSION):
        raise refusal(
            f"its magic number and version are {shown(magic)} and {shown(version)}"
        )
    machine = run_pickle(window, {}, budget=_SMALL)
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise refusal("it was written on a machine that is not little-endian")
