"""Tensors that leave their storage, and NumPy arrays that hold no numbers."""

import struct

from tests.convert.readers.assemble import (
    call,
    group,
    integer,
    name,
    sizes,
    state_dict,
    storage,
    tensor,
    text,
)
from tests.convert.readers.registry import pickled

for label, fields, match in (
    (
        "views past the end",
        {"shape": (2, 4), "strides": (3, 1)},
        "elements in st",
    ),
    (
        "starts past the end",
        {"offset": 6, "shape": (1,), "strides": (1,)},
        "leaves its",
    ),
    ("strides past the end", {"strides": (4, 1)}, r"leaves its storage of 6 elements"),
    ("has a negative stride", {"strides": (-3, 1)}, r"strides \(-3, 1\)"),
    ("has a negative offset", {"offset": -1}, r"offset -1"),
    ("has a negative size", {"shape": (-2, 3)}, r"shape \(-2, 3\)"),
    ("has two negative sizes", {"shape": (-2, -3)}, r"shape \(-2, -3\)"),
    ("repeats one element", {"shape": (2**30, 2**10), "strides": (0, 0)}, "contiguous"),
    ("overlaps itself", {"shape": (4, 4), "strides": (1, 0)}, "contiguous"),
    ("has a size of 2**60", {"shape": (2**60,), "strides": (1,)}, "has the shape"),
    (
        "has a size of 2**47",
        {"shape": (2**47,), "strides": (1,)},
        "elements in s",
    ),
    ("is empty and huge", {"shape": (0, 2**62), "strides": (1, 1)}, "has the shape"),
    ("has a stride of 2**62", {"strides": (2**62, 1)}, "has the shape"),
    ("has more sizes than strides", {"strides": (1,)}, "has the shape"),
    ("has 100 sizes", {"shape": (1,) * 100, "strides": (1,) * 100}, "has the shape"),
    ("declares 2**60 elements", {"count": 2**60}, "not to a storage"),
    ("declares 2**40 elements", {"count": 2**40}, r"declares? .*bytes"),
    ("declares -1 elements", {"count": -1}, "not to a storage"),
    ("names an unknown storage", {"kind": "QInt8Storage"}, r"type torch\.QInt8Storage"),
    ("names a foreign storage", {"module": "os"}, r"type os\.FloatStorage"),
):
    pickled(
        f"a tensor {label}",
        match,
        lambda canary, fields=fields: state_dict(weight=tensor(**fields)),
    )

for label, pickle, match in (
    (
        "a size is True",
        state_dict(
            a=call(
                "torch._utils",
                "_rebuild_tensor",
                storage(),
                integer(0),
                group(b"\x88"),
                sizes(1),
            )
        ),
        r"shape \(True\)",
    ),
    (
        "a size is a float",
        state_dict(
            a=call(
                "torch._utils",
                "_rebuild_tensor",
                storage(),
                integer(0),
                group(b"G" + struct.pack(">d", 2.0)),
                sizes(1),
            )
        ),
        r"shape \(2\.0\)",
    ),
    (
        "a tensor without storage",
        state_dict(
            a=call(
                "torch._utils",
                "_rebuild_tensor",
                b"N",
                integer(0),
                sizes(1),
                sizes(1),
            )
        ),
        "storage is None",
    ),
    (
        "too few arguments",
        state_dict(a=call("torch._utils", "_rebuild_tensor", storage())),
        "on what makes no",
    ),
    (
        "an unknown dtype",
        state_dict(
            a=call(
                "torch._utils",
                "_rebuild_tensor_v3",
                storage(),
                integer(0),
                sizes(1),
                sizes(1),
                b"\x89",
                b"N",
                name("torch", "qint8"),
            )
        ),
        r"dtype torch\.qint8",
    ),
    (
        "a persistent id of text",
        state_dict(a=text("0") + b"Q"),
        "not to a storage",
    ),
):
    pickled(label, match, lambda canary, pickle=pickle: pickle)


def _numpy_array(descr="f4", shape=(2,), data=b"\0" * 8, state=None):
    dtype = call("numpy", "dtype", text(descr), b"\x89", b"\x88")
    if state is not None:
        dtype += state + b"b"
    array = call(
        "numpy.core.multiarray",
        "_reconstruct",
        name("numpy", "ndarray"),
        sizes(0),
        b"C\x01b",
    )
    payload = b"B" + struct.pack("<I", len(data)) + data
    return array + group(integer(1), sizes(*shape), dtype, b"\x89", payload) + b"b"


for label, fields, match in (
    ("of objects", {"descr": "O8"}, r"dtype 'O8'"),
    ("of records", {"descr": "f4,f4"}, r"dtype 'f4,f4'"),
    ("of raw bytes", {"descr": "V8"}, r"dtype 'V8'"),
    ("of an unknown dtype", {"descr": "f3"}, r"dtype 'f3'"),
    ("of a huge text", {"descr": "U99999999999"}, r"dtype 'U99999999999'"),
    ("larger than its bytes", {"shape": (2**40,)}, "comes with 8 bytes"),
    ("of negative size", {"shape": (-2,)}, r"shape \(-2\)"),
    (
        "of records by state",
        {"state": group(integer(3), text("<"), b"N", group(text("a")), b"}")},
        "array of records",
    ),
):
    pickled(
        f"a NumPy array {label}",
        match,
        lambda canary, fields=fields: state_dict(a=_numpy_array(**fields)),
    )
