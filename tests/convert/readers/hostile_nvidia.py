"""Network pickles of NVIDIA's, bent."""

import collections
import os

import numpy as np

from tests.convert.readers import nvidia
from tests.convert.readers.assemble import (
    MAGIC,
    STOP,
    call,
    group,
    integer,
    legacy,
    name,
    patched,
    storage,
    text,
)
from tests.convert.readers.nvidia import (
    Reduced,
    called,
    dump,
    function,
    network,
    state_of,
    stream,
    tensor,
)
from tests.convert.readers.registry import case, file_of, touch

_FLOATS = np.arange(6, dtype="f")


def _in_state(build):
    """A right file but for one attribute of its network."""
    return lambda canary: dump(
        {"G_ema": network("Generator", state_of(x=build(canary)))}
    )


def _network(state=None, class_name="Generator", **changed):
    state = state_of() if state is None else state
    return lambda canary: dump({"G_ema": network(class_name, state, **changed)})


def _buffer(value):
    return _network(state_of(buffers={"a": value}))


def _bytes(data):
    return _buffer(tensor(_FLOATS, bytes_of=lambda _: data))


for run, match, write in (
    (os.system, r"asked for (posix|nt)\.system", touch),
    (exec, r"asked for builtins\.exec", file_of),
):
    label = f"nvidia: a call of {run.__name__}"
    case(f"{label} in the state", match)(
        _in_state(lambda canary, run=run, write=write: Reduced(run, write(canary)))
    )
    case(f"{label} beside the networks", match)(
        lambda canary, run=run, write=write: dump(
            nvidia.snapshot(D=Reduced(run, write(canary)))
        )
    )
case("nvidia: a call of torch.load", r"asked for torch\.load")(
    _in_state(lambda c: Reduced(function("torch", "load"), c))
)
case("nvidia: a call of a function of torch's", r"asked for torch\._utils\._import")(
    _in_state(lambda c: Reduced(function("torch._utils", "_import_dotted_name"), "os"))
)
case("nvidia: an object of an unknown class", r"asked for training\.loss\.Loss")(
    _in_state(lambda c: called("training.loss", "Loss")())
)
case("nvidia: a function of dnnlib", r"asked for dnnlib\.util\.call_func_by_name")(
    _in_state(
        lambda c: Reduced(function("dnnlib.util", "call_func_by_name"), "os.system")
    )
)
case("nvidia: a function mentioned and not called", r"asked for torch_utils\.misc\.f")(
    _in_state(lambda c: function("torch_utils.misc", "f"))
)
case("nvidia: a class that claims to be of torch.nn", r"asked for torch\.nnx\.Evil")(
    _in_state(lambda c: called("torch.nnx", "Evil")())
)
for version in (5, 7, None, True, "6", 6.0, [6]):
    case(f"nvidia: version {version!r}", r"of version .*persistence, not 6\.")(
        _network(version=version)
    )
for label, match, changed in (
    ("a persistent function", "is of type 'function'", {"type": "function"}),
    ("a persistent array", "is of type a Array", {"type": np.ones(3)}),
    ("a class without a name", "the class of a network", {"class_name": None}),
    ("a class of a long name", "the class of a network", {"class_name": "G" * 300}),
):
    case(f"nvidia: {label}", match)(_network(**changed))
case("nvidia: a class named by control codes", r"class '\\x1b\[2J' has the state 7")(
    _network(7, class_name="\x1b[2J")
)
for label, match, state in (
    ("a state that is a list", "has the state a list", [1]),
    ("a state of numbers", "has the state a dict", {1: 2}),
    ("parameters in a list", "_parameters of a module are a list", {"_parameters": []}),
    ("modules in a text", "_modules of a module are 'a'", {"_modules": "a"}),
    ("a parameter that is a text", "tensor 'a' is 'b'", {"_parameters": {"a": "b"}}),
    ("a module that is a dict", "module 'a' is a dict", {"_modules": {"a": {}}}),
    ("a parameter with a dot", "has the name 'a.b'", {"_parameters": {"a.b": None}}),
    ("a parameter without a name", "has the name ''", {"_parameters": {"": None}}),
    ("a parameter named 7", "has the name 7", {"_parameters": {7: None}}),
    ("a module of a long name", "has the name", {"_modules": {"a" * 300: None}}),
    (
        "a number for the buffers not to save",
        "not to save are 7",
        {"_non_persistent_buffers_set": 7},
    ),
    (
        "bytes among the buffers not to save",
        "not to save are a list",
        {"_non_persistent_buffers_set": {b"a"}},
    ),
    (
        "a parameter and a buffer of one name",
        "two tensors named 'a'",
        {"_parameters": {"a": None}, "_buffers": {"a": tensor(_FLOATS)}},
    ),
    (
        "a tensor named as the description",
        "named 'persistent'",
        {"_buffers": {"persistent": tensor(_FLOATS)}},
    ),
):
    case(f"nvidia: {label}", match)(_network(state))

for label, match, fields in (
    ("views past the end", "elements in storage", {"shape": (2, 4), "strides": (4, 1)}),
    ("strides past the end", "leaves its storage of 6", {"strides": (2,)}),
    ("starts past the end", "leaves its storage of 6", {"offset": 1}),
    ("has a negative offset", "offset -1", {"offset": -1}),
    ("has a negative stride", r"strides \(-1,?\)", {"strides": (-1,)}),
):
    case(f"nvidia: a tensor {label}", match)(
        _buffer(tensor(_FLOATS, **{"shape": (6,)} | fields))
    )
for label, match, data in (
    ("of no stream", "recalls object 101", b"hello"),
    ("of nothing", "truncated", b""),
    ("of 2**40 elements", "declares 4398046511104 bytes", stream(_FLOATS, count=2**40)),
    ("of 2**60 elements", "not to a storage", stream(_FLOATS, count=2**60)),
    ("of fewer elements", "was announced with 5", stream(_FLOATS, count=5)),
    ("of an unknown type", "QInt8Storage", stream(_FLOATS, "QInt8Storage")),
    ("with a byte more", "6 elements in 25 bytes", stream(_FLOATS) + b"\0"),
    ("with a byte less", "declares 24 bytes|in 23 bytes", stream(_FLOATS)[:-1]),
    ("that is a view", "more than one storage", stream(_FLOATS, view=group(text("1")))),
    ("that is a dict", "holds a dict", legacy(b"\x80\2}" + STOP, (), (), ())),
    ("that is a tensor", r"asked for collections\.OrderedDict", legacy()),
    (
        "that is two",
        "more than one storage",
        legacy(b"\x80\2" + storage() + storage() + b"\x86.", ("0",)),
    ),
    (
        "in a list",
        "holds a list",
        legacy(b"\x80\2]" + storage() + b"a" + STOP),
    ),
    (
        "that counts its elements twice",
        "has 5 elements in 24 bytes, and was announced with 6",
        legacy(b"\x80\2" + storage() + STOP, counts=(5,)),
    ),
    (
        "stored under another key",
        "stores a list",
        legacy(b"\x80\2" + storage() + STOP, ("1",)),
    ),
    (
        "stored twice",
        "stores a list",
        legacy(
            b"\x80\2" + storage() + STOP, ("0", "0"), (6, 6), (_FLOATS.tobytes(),) * 2
        ),
    ),
    (
        "of a big-endian machine",
        "not little-endian",
        patched(stream(_FLOATS), b"little_endian\x88", b"little_endian\x89"),
    ),
    (
        "of another version",
        "magic number and version",
        patched(stream(_FLOATS), b"M\xe9\x03", b"M\xea\x03"),
    ),
    (
        "that holds a stream",
        r"asked for torch\.storage\._load_from_bytes",
        legacy(
            b"\x80\3"
            + name("torch.storage", "_load_from_bytes")
            + b"C\x05hello\x85R"
            + STOP,
            (),
            (),
            (),
        ),
    ),
):
    case(f"nvidia: a storage {label}", match)(_bytes(data))
case("nvidia: code in a stream", r"asked for os\.system")(
    lambda canary: _bytes(
        MAGIC + b"\x80\2" + call("os", "system", text(touch(canary))) + STOP
    )(canary)
)
case("nvidia: a stream that is a text", "storage is read from 'a'")(
    _buffer(Reduced(nvidia.LOAD, "a"))
)

# Each is REDUCE on what the memo gives, the state first.
_OBJECT = (
    name("torch_utils.persistence", "_reconstruct_persistent_obj")
    + b"}("
    + text("type")
    + text("class")
    + text("version")
    + integer(6)
    + text("class_name")
    + text("G")
    + text("state")
)


def _modules(children):
    return b"}(" + text("_modules") + b"}(" + children + b"uu"


_LEAF = _OBJECT + b"}(" + text("_buffers") + b"}" + text("a") + b"Nsuu\x85R"

case("nvidia: modules 20,000 deep", "unfold into more")(
    lambda canary: (
        b"\x80\2"
        + (_OBJECT + b"}(" + text("_modules") + b"}(" + text("a")) * 20_000
        + _LEAF
        + b"uuu\x85R" * 20_000
        + STOP
    )
)
case("nvidia: a billion modules by sharing", "unfold into more")(
    lambda canary: (
        b"\x80\2"
        + _LEAF
        + b"q\0"
        + (_OBJECT + _modules(text("a") + b"h\0" + text("b") + b"h\0") + b"u\x85Rq\0")
        * 40
        + STOP
    )
)
case("nvidia: a network in its own attribute", "holds itself")(
    lambda canary: (
        b"\x80\2}("
        + text("G")
        + _OBJECT
        + b"}("
        + text("x")
        + b"}q\1uu\x85Rq\0"
        + text("x")
        + b"h\1"
        + text("a")
        + b"h\0su."
    )
)
case("nvidia: one large state set again and again", "unfold into more")(
    lambda canary: (
        b"\x80\2"
        + name("torch.nn.modules.linear", "Linear")
        + b")\x81}("
        + text("_buffers")
        + b"}("
        + b"".join(text(f"{i:05}") + b"N" for i in range(50_000))
        + b"uuq\0b"
        + b"h\0b" * 100_000
        + STOP
    )
)
case("nvidia: a set made of one list again and again", "more objects")(
    lambda canary: (
        b"\x80\2(]("
        + b"N" * 100_000
        + b"eq\0"
        + name("builtins", "set")
        + b"q\1"
        + b"h\1h\0\x85R" * 100_000
        + b"t."
    )
)
case("nvidia: a set made of a tuple", "set is made from a tuple")(
    lambda canary: b"\x80\2" + call("builtins", "set", group(b"N" * 9)) + STOP
)
case("nvidia: one storage loaded again and again", "reusing a stream")(
    lambda canary: (
        b"\x80\3("
        + text("not at the start, as in torch's own files")
        + b"B"
        + len(stream(_FLOATS)).to_bytes(4, "little")
        + stream(_FLOATS)
        + b"q\0"
        + name("torch.storage", "_load_from_bytes")
        + b"q\1"
        + b"h\1h\0\x85R" * 200_000
        + b"t."
    )
)

for protocol in (2, 4):
    case(f"nvidia: a TensorFlow pickle of protocol {protocol}", "legacy.py --source")(
        lambda canary, protocol=protocol: dump(
            tuple(called("dnnlib.tflib.network", "Network")() for _ in range(3)),
            protocol,
        )
    )
for label, content in (
    ("of a dict", {"a": 1, "b": collections.OrderedDict(a=[])}),
    ("of a tensor", {"a": tensor(_FLOATS)}),
    (
        "of a module of torch's",
        {"G": nvidia.torch_module("torch.nn.modules", "M", state_of())},
    ),
    ("of a network far inside", [{"G": network("G", state_of())}]),
):
    case(f"nvidia: a bare pickle {label}", "bare pickle.*jgan reads PyTorch")(
        lambda canary, content=content: dump(content)
    )
case("nvidia: a bare pickle of another library", r"asked for sklearn\.svm\.SVC")(
    lambda canary: b"\x80\3" + call("sklearn.svm", "SVC") + STOP
)
