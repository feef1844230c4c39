"""NumPy's `.npz`: a zip of arrays, each with a short text header.

NumPy's own reader inflates first and compares afterwards, and reads the header as a
Python expression. Here an entry's declared size is bounded and must equal what the
header's shape needs before any byte of the array is inflated.
"""

import math
import re
import struct
import zlib
from io import BufferedReader

import numpy as np

from jgan.convert.readers._errors import is_size, refusal, shown
from jgan.convert.readers._numpy_objects import simple_dtype
from jgan.convert.readers._window import Window
from jgan.convert.readers._zip_directory import DEFLATED, Entry, ZipDirectory, check_crc

# What a compressed file may inflate to beyond twice its size. Weights hardly shrink.
_ALLOWANCE = 128 * 2**20
_DEFLATE_LIMIT = 1040  # Times; deflate cannot do better than 1032.
_LONGEST_HEADER = 2**16
_CHUNK = 2**18

_HEADER = re.compile(
    r"\{'descr': ?'([^']{1,20})', ?'fortran_order': ?(True|False), ?"
    r"'shape': ?\(((?:\d{1,15}L?,? ?)*)\),? ?\}\s*"
)


def read_npz(file: BufferedReader, directory: ZipDirectory, file_size: int) -> dict:
    """Returns the arrays by name, in the file's order."""
    total = sum(entry.size for entry in directory.entries.values())
    if total > 2 * file_size + _ALLOWANCE:
        raise refusal(
            f"it would inflate from {file_size} to {total} bytes",
            "If the arrays are really that regular, save them with numpy.savez, "
            "which does not compress",
        )
    return {
        name.removesuffix(".npy"): _read_array(_Content(file, entry))
        for name, entry in directory.entries.items()
    }


class _Content:
    """An entry's content, inflated piece by piece, never beyond its declared size."""

    def __init__(self, file: BufferedReader, entry: Entry):
        if entry.size > _DEFLATE_LIMIT * (entry.stored_size + 1):
            raise refusal(
                f"its entry {shown(entry.name)} declares {entry.size} bytes, from "
                f"{entry.stored_size}"
            )
        self.entry = entry
        self.remaining = entry.size
        self._raw = Window(file, entry.start, entry.start + entry.stored_size)
        self._inflater = zlib.decompressobj(-15) if entry.method == DEFLATED else None
        self._crc = 0

    def read(self, size: int) -> bytes:
        """Returns exactly the next `size` bytes."""
        data = np.empty(min(size, self.remaining), np.uint8)
        self.fill(data)
        if data.nbytes != size:
            raise refusal(f"its entry {shown(self.entry.name)} is truncated")
        return data.tobytes()

    def fill(self, data: np.ndarray) -> None:
        """Reads the next bytes into the whole of a flat uint8 array."""
        if data.nbytes > self.remaining:
            raise refusal(f"its entry {shown(self.entry.name)} is truncated")
        if self._inflater is None:
            self._raw.fill(data)
        else:
            filled = 0
            while filled < data.nbytes:
                piece = self._inflate(min(_CHUNK, data.nbytes - filled))
                data[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
                filled += len(piece)
        self.remaining -= data.nbytes
        self._crc = zlib.crc32(data.data, self._crc)
        if not self.remaining:
            check_crc(self.entry, self._crc)

    def _inflate(self, size: int) -> bytes:
        inflater = self._inflater
        if inflater is None:
            return b""
        while True:
            raw = inflater.unconsumed_tail or self._raw.read(
                min(_CHUNK, self._raw.remaining)
            )
            try:
                piece = inflater.decompress(raw, size)
            except zlib.error as error:
                raise refusal(
                    f"its entry {shown(self.entry.name)} does not inflate ({error})"
                ) from None
            if piece:
                return piece
            if inflater.eof or (not self._raw.remaining and not raw):
                raise refusal(f"its entry {shown(self.entry.name)} is truncated")


def _read_array(content: _Content) -> np.ndarray:
    name = content.entry.name
    magic = content.read(8)
    if magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
        raise refusal(f"its entry {shown(name)} is not a NumPy array: {shown(magic)}")
    spec = "<H" if magic[6] == 1 else "<I"
    (header_size,) = struct.unpack(spec, content.read(struct.calcsize(spec)))
    if header_size > _LONGEST_HEADER:
        raise refusal(f"its entry {shown(name)} has a header of {header_size} bytes")
    header = content.read(header_size).decode("latin-1")
    match = _HEADER.fullmatch(header)
    if match is None:
        raise refusal(
            f"its entry {shown(name)} has the header {shown(header)}",
            "jgan reads arrays of numbers, booleans and fixed-length text: save those",
        )
    dtype = simple_dtype(match[1])
    shape = tuple(int(size) for size in re.findall(r"\d+", match[3]))
    if len(shape) > 32 or not all(map(is_size, shape)):
        raise refusal(f"its entry {shown(name)} has the shape {shown(shape)}")
    if math.prod(shape) * dtype.itemsize != content.remaining:
        raise refusal(
            f"its entry {shown(name)} has shape {shown(shape)} and dtype {dtype}, and "
            f"{content.remaining} bytes"
        )
    data = np.empty(content.remaining, np.uint8)
    content.fill(data)
    flat = data.view(dtype)
    return flat.reshape(shape[::-1]).T if match[2] == "True" else flat.reshape(shape)
