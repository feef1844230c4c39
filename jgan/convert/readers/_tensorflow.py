"""TensorFlow's checkpoints: an index of variables, and files of their bytes beside it.

The index is a table in LevelDB's format: blocks of sorted keys, each written as what
differs from the one before. Its values are protocol buffers, of which a handful of
fields is needed. TensorFlow is not.
"""

import math
import os
import pathlib
from collections.abc import Iterator

import ml_dtypes
import numpy as np

from jgan.convert.readers._errors import refusal, shown

# The last eight bytes of a table.
_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER = 48
# Of 10,000 variables 2 MB, and no variable's name is longer.
_LARGEST_INDEX, _LONGEST_KEY, _LARGEST_KEYS = 2**24, 2**10, 2**26
_MOST_DIMENSIONS = 8
_DTYPES = {
    1: np.dtype("<f4"),
    2: np.dtype("<f8"),
    3: np.dtype("<i4"),
    4: np.dtype("u1"),
    5: np.dtype("<i2"),
    6: np.dtype("i1"),
    9: np.dtype("<i8"),
    10: np.dtype("?"),
    14: np.dtype(ml_dtypes.bfloat16),
    19: np.dtype("<f2"),
}
_TEXT = 7  # Such as the graph of Python objects, which no array depends on.
# What `tf.train.Checkpoint` appends to the name of a variable.
_OBJECT_BASED = "/.ATTRIBUTES/VARIABLE_VALUE"
_REMEDY = "Pass the .index of a checkpoint that TensorFlow's Saver wrote"

Fields = dict[int, list[int | bytes]]


def looks_like_tensorflow(tail: bytes) -> bool:
    """Returns whether a file with this end is an index."""
    return tail.endswith(_MAGIC)


def read_tensorflow(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Returns the variables by name; text is left out.

    The names of `tf.train.Checkpoint` are those that Python had for the variables:
    without what it appends, and with its slashes.

    Args:
        path: The index; the other files lie beside it.
    """
    path = pathlib.Path(path)
    if path.suffix != ".index":
        raise refusal("it is an index of TensorFlow's without that ending", _REMEDY)
    index = _read_small(path)
    entries = dict(_entries(index))
    header = _fields(entries.pop("", b""))
    shards = _one(header, 1)
    if not 1 <= shards <= len(entries) + 1 or _one(header, 2):
        raise refusal(f"it has {shown(shards)} files of data, or big-endian ones")
    files = [
        path.with_suffix(f".data-{shard:05d}-of-{shards:05d}")
        for shard in range(shards)
    ]
    lacking = [file.name for file in files if not file.is_file()]
    if lacking:
        raise refusal(f"{lacking[0]} does not lie beside it", "Get that file too")
    sizes = [file.stat().st_size for file in files]
    left = sum(sizes)
    arrays: dict[str, np.ndarray] = {}
    for key, value in entries.items():
        fields = _fields(value)
        if _one(fields, 1) == _TEXT:
            continue
        dtype, shape = _kind(key, fields)
        shard, offset, size = (_one(fields, number) for number in (3, 4, 5))
        left -= size
        if shard >= shards or offset + size > sizes[shard] or left < 0:
            raise refusal(f"{shown(key)} lies outside of the files beside it")
        if math.prod(shape) * dtype.itemsize != size:
            raise refusal(f"{shown(key)} has {size} bytes for the shape {shape}")
        with open(files[shard], "rb") as file:
            file.seek(offset)
            flat = np.fromfile(file, "u1", size).view(dtype)
        arrays[_variable(key)] = flat.reshape(shape)
    return arrays


def _read_small(path: pathlib.Path) -> bytes:
    size = path.stat().st_size
    if not _FOOTER <= size <= _LARGEST_INDEX:
        raise refusal(f"an index of {size} bytes is not one of a checkpoint", _REMEDY)
    return path.read_bytes()


def _entries(index: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields all keys and values of a table."""
    footer = index[-_FOOTER:]
    # The first of two places is that of an index nobody needs.
    _, at = _place(footer, 0)
    (start, size), _ = _place(footer, at)
    read = 0
    for _, place in _block(index, start, size):
        (start, size), _ = _place(place, 0)
        for key, value in _block(index, start, size):
            read += len(key)
            if read > _LARGEST_KEYS:
                raise refusal("its names take more than 64 MB")
            yield key.decode(), value


def _place(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    start, at = _varint(data, at)
    size, at = _varint(data, at)
    return (start, size), at


def _block(index: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields the keys and values of one block."""
    if start + size >= len(index):
        raise refusal("a block of its index lies outside of it")
    if index[start + size]:
        raise refusal("its index is compressed", "Save it with TensorFlow's Saver")
    block = index[start : start + size]
    restarts = int.from_bytes(block[-4:], "little")
    end, at, key = size - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        if max(shared, own) > _LONGEST_KEY or at + own + length > end:
            raise refusal("an entry of its index is longer than its block")
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    # Of 64 bits there are ten groups of seven.
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise refusal("a number in its index does not end")


def _fields(message: bytes) -> Fields:
    """Returns the fields of a protocol buffer by number, in their order."""
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
        else:
            if kind not in (1, 2, 5):
                raise refusal("a message in its index has an unknown form")
            length = 8 if kind == 1 else 4
            if kind == 2:
                length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        found.setdefault(tag >> 3, []).append(value)
    return found


def _one(fields: Fields, number: int) -> int:
    """Returns a number, 0 where it is left out, as protocol buffers have it."""
    value = fields.get(number, [0])[-1]
    if not isinstance(value, int):
        raise refusal("a number in its index is none")
    return value


def _kind(key: str, fields: Fields) -> tuple[np.dtype, tuple[int, ...]]:
    if 7 in fields:
        raise refusal(f"{shown(key)} is stored in slices", "Save it without partitions")
    dtype = _DTYPES.get(_one(fields, 1))
    if dtype is None:
        raise refusal(f"{shown(key)} has type {_one(fields, 1)} of TensorFlow's")
    shape = []
    for message in fields.get(2, []):
        for dimension in _fields(_message(message)).get(2, []):
            shape.append(_one(_fields(_message(dimension)), 1))
    if len(shape) > _MOST_DIMENSIONS:
        raise refusal(f"{shown(key)} has {len(shape)} dimensions")
    return dtype, tuple(shape)


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise refusal("a message in its index is a number")
    return value


def _variable(key: str) -> str:
    if not key.endswith(_OBJECT_BASED):
        return key
    # A slash in a name is written as `.S`, and a dot as two.
    parts = key.removesuffix(_OBJECT_BASED).split("..")
    return ".".join(part.replace(".S", "/") for part in parts)
