"""The table of hostile files, and how a case enters it.

Every builder receives the path of a canary, a file that the attack would create.
"""

import struct

from tests.convert.readers.assemble import legacy, torch_zip

# Name -> (builder of the file from the canary's path, regular expression of the error).
CASES = {}


def case(label, match):
    def register(build):
        assert label not in CASES
        CASES[label] = build, match
        return build

    return register


def pickled(label, match, build):
    """One pickle in both torch containers, a slow one in one of them."""
    case(f"{label}, zip", match)(lambda canary: torch_zip(build(canary)))
    if label.startswith("a pickle with millions"):
        return
    case(f"{label}, legacy", match)(lambda canary: _legacy(build(canary)))


def _legacy(pickle):
    if b"Storage" in pickle:
        return legacy(pickle)
    return legacy(pickle, keys=(), counts=(), payloads=())


def touch(canary):
    return f"touch '{canary}'"


def file_of(canary):
    return f"open({canary!r}, 'w').close()"


def record_of(data, path):
    return data.rindex(path) - 46


def with_record(data, path, offset, value, spec="<I"):
    """The data with one field of an entry's directory record overwritten."""
    at = record_of(data, path) + offset
    return data[:at] + struct.pack(spec, value) + data[at + struct.calcsize(spec) :]
