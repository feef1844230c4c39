"""Tiny assemblers of pickles and checkpoint files, so that no test needs torch."""

import io
import json
import struct
import zipfile

import numpy as np

STOP = b"."
MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
LEGACY_START = (
    MAGIC
    + b"\x80\x02M\xe9\x03."
    + b"\x80\x02}(X\x0d\0\0\0little_endian\x88X\x10\0\0\0protocol_versionM\xe9\x03u."
)


def text(value):
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(value):
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def group(*items):
    return b"(" + b"".join(items) + b"t"


def call(module, attribute, *arguments):
    return name(module, attribute) + group(*arguments) + b"R"


def sizes(*values):
    return group(*map(integer, values))


def storage(key="0", count=6, kind="FloatStorage", module="torch", view=None):
    parts = [text("storage"), name(module, kind), text(key), text("cpu")]
    parts.append(integer(count))
    if view is not None:
        parts.append(view)
    return group(*parts) + b"Q"


def tensor(shape=(2, 3), strides=(3, 1), offset=0, **kwargs):
    return call(
        "torch._utils",
        "_rebuild_tensor_v2",
        storage(**kwargs),
        integer(offset),
        sizes(*shape),
        sizes(*strides),
        b"\x89",
        call("collections", "OrderedDict"),
    )


def state_dict(**values):
    items = b"".join(text(key) + value for key, value in values.items())
    return b"\x80\x02}(" + items + b"u" + STOP


def floats(count=6):
    return np.arange(count, dtype="<f4").tobytes()


def zip_file(entries, method=zipfile.ZIP_STORED):
    """`entries` may be pairs, so that a name can come twice."""
    file = io.BytesIO()
    pairs = entries.items() if isinstance(entries, dict) else entries
    with zipfile.ZipFile(file, "w", method) as archive:
        for path, data in pairs:
            archive.writestr(path, data)
    return file.getvalue()


def torch_zip(pickle=None, storages=None, *, extra=(), method=zipfile.ZIP_STORED):
    if pickle is None:
        pickle = state_dict(weight=tensor())
    if storages is None:
        storages = {"0": floats()}
    entries = {"archive/data.pkl": pickle, "archive/byteorder": b"little"}
    entries |= {f"archive/data/{key}": data for key, data in storages.items()}
    return zip_file([*entries.items(), *extra], method)


def legacy(pickle=None, keys=("0",), counts=(6,), payloads=None):
    if pickle is None:
        pickle = state_dict(weight=tensor(view=b"N"))
    if payloads is None:
        payloads = [floats()]
    order = b"\x80\x02](" + b"".join(map(text, keys)) + b"e."
    data = [struct.pack("<q", n) + d for n, d in zip(counts, payloads, strict=True)]
    return LEGACY_START + pickle + order + b"".join(data)


def npy(header=None, data=None, version=1):
    if header is None:
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    spec = "<H" if version == 1 else "<I"
    header = header.encode("latin-1")
    size = struct.pack(spec, len(header))
    data = floats() if data is None else data
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


def npz(entries=None, method=zipfile.ZIP_STORED):
    return zip_file({"weight.npy": npy()} if entries is None else entries, method)


def safetensors(header=None, data=None, *, header_size=None):
    if header is None:
        header = {"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    size = len(header) if header_size is None else header_size
    return struct.pack("<Q", size) + header + (floats() if data is None else data)


def patched(data, old, new, *, last=False):
    """The data with one occurrence replaced; the lengths may differ."""
    at = data.rindex(old) if last else data.index(old)
    return data[:at] + new + data[at + len(old) :]
