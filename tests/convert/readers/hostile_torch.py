"""Torch's zip and legacy containers, bent."""

import struct
import zipfile

from tests.convert.readers import assemble
from tests.convert.readers.assemble import (
    call,
    floats,
    group,
    integer,
    legacy,
    patched,
    state_dict,
    tensor,
    text,
    torch_zip,
    zip_file,
)
from tests.convert.readers.registry import case, record_of, touch, with_record

case("zip: deflated", "compressed")(
    lambda canary: torch_zip(method=zipfile.ZIP_DEFLATED)
)
case("zip: a deflated bomb as a storage", "compressed")(
    lambda canary: zip_file(
        {
            "archive/data.pkl": state_dict(
                a=tensor(count=2**24, shape=(2**24,), strides=(1,))
            ),
            "archive/data/0": bytes(2**26),
        },
        zipfile.ZIP_DEFLATED,
    )
)
case("zip: bzip2", "compression method 12")(
    lambda canary: torch_zip(method=zipfile.ZIP_BZIP2)
)
case("zip: the storage is missing", r"'archive/data/0' is missing")(
    lambda canary: torch_zip(storages={})
)
case("zip: the storage is short", "declares 24 bytes and has 20")(
    lambda canary: torch_zip(storages={"0": floats(5)})
)
case("zip: big-endian", "byte order is b'big'")(
    lambda canary: zip_file(
        {
            "archive/data.pkl": state_dict(weight=tensor()),
            "archive/byteorder": b"big",
            "archive/data/0": floats(),
        }
    )
)
for path in (
    "../evil",
    "archive/../../evil",
    "/etc/evil",
    "a//b",
    "C:/evil",
    "a\\..\\b",
):
    case(f"zip: an entry at {path}", "outside its folder")(
        lambda canary, path=path: torch_zip(extra=[(path, b"x")])
    )
case("zip: a storage by a path that climbs", "is missing")(
    lambda canary: torch_zip(state_dict(a=tensor(key="../../../../etc/passwd")))
)
case("zip: TorchScript", "TorchScript")(
    lambda canary: torch_zip(extra=[("archive/code/__torch__.py", b"x")])
)
case("zip: two pickles", "2 entries named data.pkl")(
    lambda canary: torch_zip(extra=[("other/data.pkl", b"x")])
)
case("zip: without a directory", "truncated")(lambda canary: torch_zip()[:-30])
case("zip: an end record and nothing else", "zip file of nothing")(
    lambda canary: zip_file({})
)
case("zip: of other things", "zip file of 'readme.txt'")(
    lambda canary: zip_file({"readme.txt": b"hello"})
)
case("zip: a wrong checksum", "checksum")(
    lambda canary: patched(torch_zip(), floats(), b"\1" * 24)
)


@case("zip: one name twice", "two entries named")
def _duplicate(canary):
    data = torch_zip(extra=[("archive/data/1", floats())])
    return data.replace(b"archive/data/1", b"archive/data/0")


@case("zip: entries that overlap", "another in its own header")
def _overlap(canary):
    # A second record for the same bytes, as in a bomb that counts one kernel often.
    data = torch_zip(extra=[("archive/data/1", floats())])
    first = struct.unpack_from("<I", data, record_of(data, b"archive/data/0") + 42)[0]
    data = with_record(data, b"archive/data/1", 42, first)
    return patched(data, b"archive/data/0", b"archive/data/1")


@case("zip: an entry that swallows the next", "overlap")
def _swallow(canary):
    data = torch_zip(extra=[("archive/data/1", floats())])
    data = with_record(data, b"archive/data/0", 20, 60)
    return with_record(data, b"archive/data/0", 24, 60)


case("zip: an entry larger than the file", "declares 1073741824 bytes")(
    lambda canary: with_record(
        with_record(torch_zip(), b"archive/data/0", 20, 2**30),
        b"archive/data/0",
        24,
        2**30,
    )
)
case(
    "zip: an entry larger than what it stores", "declares 1073741824 bytes and stores"
)(lambda canary: with_record(torch_zip(), b"archive/data/0", 24, 2**30))
case("zip: an entry outside the file", "outside the file")(
    lambda canary: with_record(torch_zip(), b"archive/data/0", 42, 2**31)
)
case("zip: an encrypted entry", "encrypted")(
    lambda canary: with_record(torch_zip(), b"archive/data/0", 8, 1, "<H")
)
case("zip: a header of another entry", "does not start|another in its own header")(
    lambda canary: with_record(torch_zip(), b"archive/data/0", 42, 0)
)
case("zip: a directory of 20 MB", "zip directory takes")(
    lambda canary: (
        (records := b"PK\1\2" * 5_000_000)
        and b"PK\3\4" * 10
        + records
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, len(records), 40, 0)
    )
)


@case("zip: a hundred thousand records", "more than 100000|does not start|outside|two")
def _crowd(canary):
    local = struct.pack("<4s2B4H3I2H", b"PK\3\4", *[0] * 9, 1, 0) + b"a"
    record = struct.pack("<4s4B4H3I5H2I", b"PK\1\2", *[0] * 11, 1, *[0] * 6) + b"a"
    records = record * 120_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, len(records), len(local), 0)
    return local + records + end


case("zip: a 64-bit directory far away", "directory")(
    lambda canary: (
        b"PK\3\4"
        + b"\0" * 60
        + struct.pack("<4sIQI", b"PK\6\7", 0, 2**62, 1)
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, 2**32 - 1, 2**32 - 1, 0)
    )
)

case("legacy: big-endian", "not little-endian")(
    lambda canary: patched(legacy(), b"little_endian\x88", b"little_endian\x89")
)
case("legacy: another version", "magic number and version")(
    lambda canary: patched(legacy(), b"M\xe9\x03", b"M\xea\x03")
)
case("legacy: more elements than announced", "was announced with 6")(
    lambda canary: legacy(counts=[2**60])
)
case("legacy: negative elements", "has -1 elements")(lambda canary: legacy(counts=[-1]))
case("legacy: a storage too many", "not the same ones")(
    lambda canary: legacy(keys=["0", "1"], counts=[6, 6], payloads=[floats()] * 2)
)
case("legacy: a storage too few", "not the same ones")(
    lambda canary: legacy(keys=[], counts=[], payloads=[])
)
case("legacy: a storage twice", "not the same ones")(
    lambda canary: legacy(keys=["0", "0"], counts=[6, 6], payloads=[floats()] * 2)
)
case("legacy: a storage of two sizes", "in two ways")(
    lambda canary: legacy(
        state_dict(a=tensor(), b=tensor(count=5, shape=(5,), strides=(1,)))
    )
)
case("legacy: a view past its storage", "views elements 4 to 8")(
    lambda canary: legacy(
        state_dict(
            a=tensor(
                shape=(2,), strides=(1,), view=group(text("1"), integer(4), integer(4))
            )
        )
    )
)
case("legacy: a view of negative size", "views a storage by")(
    lambda canary: legacy(
        state_dict(a=tensor(view=group(text("1"), integer(0), integer(-4))))
    )
)
case("legacy: keys that are numbers", "order of its storages")(
    lambda canary: legacy().replace(b"](X\x01\0\0\x000e.", b"](NNNNe.")
)
case("legacy: code in the second pickle", r"asked for os\.system")(
    lambda canary: (
        assemble.MAGIC + b"\x80\x02" + call("os", "system", text(touch(canary))) + b"."
    )
)
