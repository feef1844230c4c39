"""Files that `torch.load` reads, in its safe mode too, written without torch.

Since 1.6 such a file is a zip of one pickle and a stored entry for each tensor. Of
pickle's language a state dict needs a dozen words, which are written here by hand.
"""

import math
import pathlib
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

_STORAGES = {
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "complex64": "ComplexFloatStorage",
    "complex128": "ComplexDoubleStorage",
}
_FOLDER = "archive"
# So that a file can be mapped into memory.
_ALIGNMENT = 64
_LOCAL_HEADER = 30  # Bytes before the name of a zip entry.


def write_torch(content: Mapping[str, Any], path: pathlib.Path) -> None:
    """Writes a state dict, or a dict of them.

    Args:
        content: Arrays by name, and further such mappings.
        path: Where. What is there is overwritten.

    Raises:
        TypeError: If it holds anything else, or an array of a type that torch lacks.
    """
    arrays: list[np.ndarray] = []
    pickled = b"\x80\2" + _pickled(content, arrays) + b"."
    with open(path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        _store(archive, "data.pkl", pickled, file.tell())
        _store(archive, "byteorder", b"little", file.tell())
        for key, array in enumerate(arrays):
            # As bytes: NumPy exports no buffer of a bfloat16.
            data = array.reshape(-1).view(np.uint8).data
            _store(archive, f"data/{key}", data, file.tell())
        _store(archive, "version", b"3\n", file.tell())


def _pickled(value: Any, arrays: list[np.ndarray]) -> bytes:
    """Returns the words that leave a value on the stack; appends the arrays in it."""
    if isinstance(value, np.ndarray):
        arrays.append(_little_endian(value))
        return _tensor(arrays[-1], str(len(arrays) - 1))
    if not isinstance(value, Mapping):
        raise TypeError(f"A state dict holds arrays, not {type(value).__name__}.")
    items = (_text(name) + _pickled(item, arrays) for name, item in value.items())
    return b"}(" + b"".join(items) + b"u"


def _little_endian(array: np.ndarray) -> np.ndarray:
    if array.dtype.name not in _STORAGES:
        raise TypeError(f"Torch has no tensors of {array.dtype}.")
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return np.asarray(array, order="C")


def _tensor(array: np.ndarray, key: str) -> bytes:
    storage = (
        _text("storage"),
        _name("torch", _STORAGES[array.dtype.name]),
        _text(key),
        _text("cpu"),
        _size(array.size),
    )
    strides = [math.prod(array.shape[i + 1 :]) for i in range(array.ndim)]
    arguments = (
        _tuple(*storage) + b"Q",
        _size(0),
        _tuple(*map(_size, array.shape)),
        _tuple(*map(_size, strides)),
        b"\x89",  # It requires no gradient, and has no hooks.
        _name("collections", "OrderedDict") + b")R",
    )
    return _name("torch._utils", "_rebuild_tensor_v2") + _tuple(*arguments) + b"R"


def _text(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _size(number: int) -> bytes:
    # Nine bytes hold what int64 does, and one more would be its sign.
    return b"\x8a\x09" + number.to_bytes(9, "little")


def _tuple(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def _store(
    archive: zipfile.ZipFile, name: str, data: bytes | memoryview, start: int
) -> None:
    # Of a constant date, so that equal parameters are equal files.
    entry = zipfile.ZipInfo(f"{_FOLDER}/{name}")
    padding = -(start + _LOCAL_HEADER + len(entry.filename) + 4) % _ALIGNMENT
    # "FB" is what torch calls a field that only fills.
    entry.extra = b"FB" + struct.pack("<H", padding) + bytes(padding)
    archive.writestr(entry, data)
