"""The directory of a zip file, trusted only where the file itself bears it out.

Python's `zipfile` builds an object for every record before one can be looked at, picks
one of two records of the same name, and lets records share bytes. Here the directory's
size is bounded first, and every record must have a harmless and unique name, agree with
its local header, and own its stretch of the file alone.
"""

import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader

import numpy as np

from jgan.convert.readers._errors import refusal, shown
from jgan.convert.readers._window import Window

STORED, DEFLATED = 0, 8

_MAX_DIRECTORY = 6 * 2**20  # Bytes; parsed, a record takes ten times as much.
_MAX_ENTRIES = 100_000
_CHUNK = 2**20

_END = struct.Struct("<4s4H2IH")
_END64_LOCATOR = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")
_RECORD = struct.Struct("<4s4B4H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCATOR_SIGNATURE = b"PK\6\7"
_MAX_32 = 2**32 - 1
_ENCRYPTED, _UTF8 = 1, 0x800


@dataclass(frozen=True, slots=True)
class Entry:
    """One file inside the zip file.

    Attributes:
        name: Its path, with forward slashes.
        method: `STORED` or `DEFLATED`.
        crc: Checksum of its content.
        start: Where its (perhaps deflated) bytes start in the zip file.
        stored_size: How many these are.
        size: Bytes of its content.
    """

    name: str
    method: int
    crc: int
    start: int
    stored_size: int
    size: int


class ZipDirectory:
    """The entries of an open zip file, by name.

    Attributes:
        entries: All of them but folders.
    """

    def __init__(self, file: BufferedReader, file_size: int):
        self._file = file
        start, stop = _find_directory(file, file_size)
        self.entries: dict[str, Entry] = {}
        used = []
        for entry, header_start in _records(Window(file, start, stop)):
            entry = _located(file, start, entry, header_start)
            if entry.name in self.entries:
                raise refusal(f"it holds two entries named {shown(entry.name)}")
            self.entries[entry.name] = entry
            used.append((header_start, entry.start + entry.stored_size, entry.name))
        used.sort()
        for (_, stop, name), (start, _, other) in itertools.pairwise(used):
            if stop > start:
                raise refusal(f"its entries {shown(name)} and {shown(other)} overlap")
        self.entries = {n: e for n, e in self.entries.items() if not n.endswith("/")}

    def window(self, name: str) -> Window:
        """Returns a stored entry's bytes, after comparing them with their checksum."""
        entry = self._stored(name)
        window = Window(self._file, entry.start, entry.start + entry.size)
        crc = 0
        while window.remaining:
            crc = zlib.crc32(window.read(min(_CHUNK, window.remaining)), crc)
        check_crc(entry, crc)
        return Window(self._file, entry.start, entry.start + entry.size)

    def array(self, name: str) -> np.ndarray:
        """Returns a stored entry's bytes as a flat uint8 array, in one copy."""
        entry = self._stored(name)
        data = np.empty(entry.size, np.uint8)
        Window(self._file, entry.start, entry.start + entry.size).fill(data)
        check_crc(entry, zlib.crc32(data.data))
        return data

    def _stored(self, name: str) -> Entry:
        if name not in self.entries:
            raise refusal(f"its entry {shown(name)} is missing")
        entry = self.entries[name]
        if entry.method != STORED:
            raise refusal(
                f"its entry {shown(name)} is compressed, which torch never does",
                "Zip it again without compression, or download the original",
            )
        return entry


def check_crc(entry: Entry, crc: int) -> None:
    """Refuses content whose checksum is not the one its entry declares."""
    if crc != entry.crc:
        raise refusal(
            f"its entry {shown(entry.name)} has the checksum {crc:08x}, and should "
            f"have {entry.crc:08x}"
        )


def _find_directory(file: BufferedReader, file_size: int) -> tuple[int, int]:
    """Returns where the directory starts and stops."""
    # The end record is followed by a comment of at most 65,535 bytes.
    tail_size = min(file_size, _END.size + 0xFFFF)
    tail_start = file_size - tail_size
    tail = Window(file, tail_start, file_size).read(tail_size)
    found = tail.rfind(b"PK\5\6", 0, len(tail) - _END.size + 4)
    if found < 0:
        raise refusal("it is truncated: a zip file without the directory at its end")
    end = tail_start + found
    _, disk, _, _, _, size, start, _ = _END.unpack_from(tail, found)
    # Torch writes the records of a large file always, and needs them hardly ever.
    if tail[:found][-_END64_LOCATOR.size :].startswith(_LOCATOR_SIGNATURE):
        end, disk, size, start = _find_directory_64(file, end)
    if disk:
        raise refusal("it is one part of a zip file in several")
    if start + size != end:
        raise refusal(
            f"its zip directory should lie at bytes {start} to {start + size}, and "
            f"ends at {end}"
        )
    if size > _MAX_DIRECTORY:
        raise refusal(
            f"its zip directory takes {size} bytes, more than {_MAX_DIRECTORY}"
        )
    return start, end


def _find_directory_64(file: BufferedReader, end: int) -> tuple[int, int, int, int]:
    """Returns end, disk number, size and start of the directory of a large file."""
    locator_start = end - _END64_LOCATOR.size
    locator = Window(file, locator_start, end).read(_END64_LOCATOR.size)
    _, _, end, _ = _END64_LOCATOR.unpack(locator)
    if end + _END64.size > locator_start:
        raise refusal("its zip directory lacks the record of a large file")
    record = Window(file, end, locator_start).read(_END64.size)
    signature, _, _, _, disk, _, _, _, size, start = _END64.unpack(record)
    if signature != b"PK\6\6":
        raise refusal("its zip directory lacks the record of a large file")
    return end, disk, size, start


def _records(directory: Window) -> Iterator[tuple[Entry, int]]:
    """Yields the entries, `start` still unknown, and where their headers start."""
    num_entries = 0
    while directory.remaining:
        fields = _RECORD.unpack(directory.read(_RECORD.size))
        signature, _, _, _, _, flags, method, _, _, crc, stored_size, size = fields[:12]
        name_size, extra_size, comment_size, _, _, _, header_start = fields[12:]
        if signature != b"PK\1\2":
            raise refusal("its zip directory holds a record that is none")
        num_entries += 1
        if num_entries > _MAX_ENTRIES:
            raise refusal(f"it holds more than {_MAX_ENTRIES} zip entries")
        name = _name(directory.read(name_size), flags)
        extra = directory.read(extra_size)
        directory.read(comment_size)
        size, stored_size, header_start = _large_fields(
            extra, [size, stored_size, header_start]
        )
        if flags & _ENCRYPTED:
            raise refusal(f"its entry {shown(name)} is encrypted", "Decrypt it first")
        if method not in (STORED, DEFLATED):
            raise refusal(f"its entry {shown(name)} has compression method {method}")
        if method == STORED and size != stored_size:
            raise refusal(
                f"its entry {shown(name)} declares {size} bytes and stores "
                f"{stored_size}"
            )
        yield Entry(name, method, crc, 0, stored_size, size), header_start


def _name(data: bytes, flags: int) -> str:
    try:
        name = data.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError:
        raise refusal(f"the name of an entry, {shown(data)}, is not text") from None
    parts = name.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or set(name) & set("\\:\0"):
        raise refusal(f"it holds an entry named {shown(name)}, outside its folder")
    return name


def _large_fields(extra: bytes, fields: list[int]) -> list[int]:
    """Returns the fields, those that outgrew 32 bits from the extra record."""
    if _MAX_32 not in fields:
        return fields
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            data = extra[position + 4 : position + 4 + size]
            values = iter(x for (x,) in struct.iter_unpack("<Q", data[: size // 8 * 8]))
            return [next(values, x) if x == _MAX_32 else x for x in fields]
        position += 4 + size
    return fields


def _located(file: BufferedReader, stop: int, entry: Entry, header_start: int) -> Entry:
    """Returns the entry with its `start`, read from its local header."""
    if header_start > stop:
        raise refusal(f"its entry {shown(entry.name)} lies outside the file")
    window = Window(file, header_start, stop)
    fields = _LOCAL.unpack(window.read(_LOCAL.size))
    signature, _, flags, method, *_, name_size, extra_size = fields
    if signature != b"PK\3\4":
        raise refusal(f"its entry {shown(entry.name)} does not start where it should")
    if method != entry.method or _name(window.read(name_size), flags) != entry.name:
        raise refusal(f"its entry {shown(entry.name)} is another in its own header")
    window.read(extra_size)
    if entry.stored_size > window.remaining:
        raise refusal(
            f"its entry {shown(entry.name)} declares {entry.stored_size} bytes, and "
            f"{window.remaining} are left"
        )
    return replace(entry, start=window.position)
