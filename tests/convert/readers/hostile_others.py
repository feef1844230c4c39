"""Bent .npz and safetensors files, and files of other kinds."""

import struct
import zipfile
import zlib

import numpy as np

from tests.convert.readers.assemble import (
    floats,
    npy,
    npz,
    safetensors,
    zip_file,
)
from tests.convert.readers.registry import case, with_record


def _header(descr="<f4", order="False", shape="(2, 3)"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}"


for label, build, match in (
    ("objects", lambda: npy(_header("|O")), r"dtype '\|O'"),
    ("a pickle of objects", lambda: npy(_header("|O"), b"cos\nsystem\n"), r"dtype"),
    (
        "records",
        lambda: npy(_header("<f4").replace("'<f4'", "[('a', '<f4')]")),
        "header",
    ),
    ("bfloat16 as raw bytes", lambda: npy(_header("<V2")), r"dtype '<V2'"),
    ("a huge shape", lambda: npy(_header(shape=f"({2**40},)")), "and 24 bytes"),
    ("a shape that overflows", lambda: npy(_header(shape=f"({2**47}, {2**47})")), "24"),
    ("a shape of 10**30", lambda: npy(_header(shape=f"({10**30},)")), "has the shape"),
    ("a negative shape", lambda: npy(_header(shape="(-2, -3)")), "header"),
    ("code as a header", lambda: npy("__import__('os').system('true')"), "header"),
    ("a nested header", lambda: npy("(" * 60_000), "header"),
    (
        "a header of 2 GB",
        lambda: npy(version=2)[:8] + b"\0\0\0\x7f" + b"{" * 99,
        "header of",
    ),
    ("an unknown version", lambda: npy(version=9), "not a NumPy array"),
    ("no array", lambda: b"hello, world", "not a NumPy array"),
    ("nothing", lambda: b"", "truncated"),
    ("a truncated array", lambda: npy(data=floats(5)), "and 20 bytes"),
    ("bytes after the array", lambda: npy(data=floats(7)), "and 28 bytes"),
    (
        "a letter beyond Unicode",
        lambda: npy(_header("<U3", shape="(2,)"), b"\xff" * 24),
        "no character",
    ),
    ("a boolean of 7", lambda: npy(_header("|b1"), b"\0\1\7\0\0\1"), "0 and 1"),
):
    case(f"npz: {label}", match)(
        lambda canary, build=build: npz({"weight.npy": build()})
    )
case("npz: a bomb", "would inflate")(
    lambda canary: npz(
        {"a.npy": npy(_header(shape=f"({9 * 2**22},)"), bytes(9 * 2**24))},
        zipfile.ZIP_DEFLATED,
    )
)
case("npz: many small bombs", "would inflate")(
    lambda canary: npz(
        {
            f"a{k}.npy": npy(_header(shape=f"({2**22},)"), bytes(2**24))
            for k in range(12)
        },
        zipfile.ZIP_DEFLATED,
    )
)


@case("npz: a bomb that declares little", "and 24 bytes|checksum|own header")
def _lying_bomb(canary):
    path = b"a.npy"
    content = npy(_header(shape=f"({2**22},)"), bytes(2**24))
    data = npz({"a.npy": content}, zipfile.ZIP_DEFLATED)
    return with_record(data, path, 24, len(content) - 2**24 + 24)


@case("npz: a declared size beyond deflate", "declares 67108864 bytes, from")
def _lying_size(canary):
    data = npz({"a.npy": npy()}, zipfile.ZIP_DEFLATED)
    return with_record(data, b"a.npy", 24, 2**26)


@case("npz: deflated garbage", "does not inflate")
def _garbage(canary):
    data = npz({"a.npy": npy()}, zipfile.ZIP_DEFLATED)
    return data[:35] + b"\xff" * 20 + data[55:]


@case("npz: a deflated stream that ends early", "truncated")
def _short_stream(canary):
    content = npy(_header(shape="(4096,)"), bytes(2**14))
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    short = raw.compress(content[:4000]) + raw.flush()
    data = zip_file({"a.npy": short})
    data = with_record(data, b"a.npy", 10, 8, "<H")
    data = data[:8] + struct.pack("<H", 8) + data[10:]
    return with_record(data, b"a.npy", 24, len(content))


def _entry(dtype="F32", shape=(2, 3), offsets=(0, 24)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


for label, build, match in (
    (
        "a header of 2**55 bytes",
        lambda: safetensors(header_size=2**55),
        "header declares",
    ),
    (
        "a header past the end",
        lambda: safetensors(header_size=10_000),
        "header declares",
    ),
    (
        "a header of 30 MB",
        lambda: safetensors(b"{" + b" " * 30_000_000),
        "header takes",
    ),
    ("a nested header", lambda: safetensors(b'{"a":' + b"[" * 1_000_000), "refused"),
    ("a header that is no JSON", lambda: safetensors(b"{nonsense}"), "refused"),
    ("an unknown dtype", lambda: safetensors({"a": _entry("F99")}), "refused"),
    (
        "a dtype NumPy lacks",
        lambda: safetensors({"a": _entry("F8_E4M3", (24,))}),
        "lacks",
    ),
    (
        "offsets past the end",
        lambda: safetensors({"a": _entry(offsets=(0, 48))}),
        "ref",
    ),
    (
        "offsets that go back",
        lambda: safetensors({"a": _entry(offsets=(24, 0))}),
        "ref",
    ),
    ("an offset of -4", lambda: safetensors({"a": _entry(offsets=(-4, 20))}), "refuse"),
    ("a shape that lies", lambda: safetensors({"a": _entry(shape=(2, 4))}), "refused"),
    (
        "a shape of 2**62",
        lambda: safetensors({"a": _entry(shape=(2**62, 4))}),
        "refused",
    ),
    (
        "tensors that overlap",
        lambda: safetensors({"a": _entry(), "b": _entry()}),
        "refused",
    ),
    ("bytes left over", lambda: safetensors(data=floats(9)), "refused"),
    (
        "a boolean of 2",
        lambda: safetensors({"a": _entry("BOOL", (24,))}, b"\2" * 24),
        "0 and 1",
    ),
):
    case(f"safetensors: {label}", match)(lambda canary, build=build: build())


for label, data, match in (
    ("an empty file", b"", "it is empty"),
    ("one byte", b"\x80", "first bytes are 80"),
    (
        "a Git LFS pointer",
        b"version https://git-lfs.github.com/spec/v1\n",
        "git lfs pull",
    ),
    (
        "an HTML page",
        b"\n<!DOCTYPE html><html>Quota exceeded",
        "HTML page: the download",
    ),
    ("a text", b"Not Found", "it is a text"),
    ("a JSON file", b'{"error": "gone"}', "it is a text"),
    ("a tar archive", b"a".ljust(257, b"\0") + b"ustar\0", r"tar archive .*0\.1\.10"),
    ("gzip", b"\x1f\x8b\x08" + bytes(99), "gzip"),
    ("HDF5", b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
    ("a single array", npy(), "a single NumPy array"),
    ("zeros", bytes(5000), "first bytes are 00 00"),
    ("a bare pickle", b"\x80\x04N.", "bare pickle"),
    ("random bytes", np.random.default_rng(3).bytes(5000), "first bytes are"),
):
    case(f"{label}", match)(lambda canary, data=data: data)
