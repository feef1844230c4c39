"""Pickles that try to exhaust the machine, or the one who walks what it made."""

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
    torch_zip,
)
from tests.convert.readers.registry import case, pickled

_DEEP = 100_000
_MANY = 2_500_000  # Opcodes, more than the machine's budget.

for label, pickle, match in (
    ("lists 100,000 deep", b"\x80\x02" + b"](" * _DEEP + b"e" * _DEEP + b".", "deeper"),
    ("tuples 100,000 deep", b"\x80\x02)" + b"\x85" * _DEEP + b".", "deeper"),
    (
        "dicts 100,000 deep",
        b"\x80\x02" + b"}N" * _DEEP + b"N" + b"s" * _DEEP + b".",
        "deeper",
    ),
    (
        "namespaces 20,000 deep",
        b"\x80\x02"
        + name("argparse", "Namespace")
        + b"q\0)\x81"
        + (b"}" + text("a") + b"h\0)\x81") * 20_000
        + b"}b"
        + b"sb" * 20_000
        + b".",
        "deeper",
    ),
    (
        "a deep tuple as a key",
        b"\x80\x02})" + b"\x85" * _DEEP + b"Ns.",
        "has the key a tuple|has the key \\(",
    ),
    (
        "keys chosen to collide",
        b"\x80\x02}("
        + b"".join(integer(k * (2**61 - 1)) + b"N" for k in range(100, 20_000))
        + b"u.",
        "has the key",
    ),
    ("a list as a key", b"\x80\x02}]Ns.", "has the key a list"),
    ("a list in itself", b"\x80\x02]q\0h\0a.", "holds itself"),
    ("a dict in itself", b"\x80\x02}q\0X\x01\0\0\0ah\0s.", "holds itself"),
    (
        "a tuple in its own list",
        b"\x80\x02]q\0h\0\x85q\1a.",
        "holds itself",
    ),
    (
        "a billion laughs in lists",
        b"\x80\x02](NNeq\0" + b"](h\0h\0h\0eq\0" * 40 + b".",
        "unfolds into",
    ),
    (
        "a billion laughs in tuples",
        b"\x80\x02)q\0" + b"h\0h\0\x86q\0" * 45 + b".",
        "unfolds into",
    ),
    ("a memo index of 2**31", b"\x80\x02Nr\0\0\0\x80.", "number 2147483648"),
    ("an empty memo", b"\x80\x02h\7.", "recalls object 7"),
    ("an integer of 2 GB", b"\x80\x02\x8b\xff\xff\xff\x7f" + b"\1" * 99, "2147483647"),
    ("an integer of -1 bytes", b"\x80\x02\x8b\xff\xff\xff\xff.", "integer of -1 bytes"),
    (
        "a text of 4 GB",
        b"\x80\x02X\xff\xff\xff\xffab.",
        "4294967295 bytes are",
    ),
    ("a text of 2**63", b"\x80\x04\x8d" + b"\xff" * 8 + b"ab.", "bytes are promised"),
    ("bytes of 2**63", b"\x80\x04\x8e" + b"\xff" * 8 + b"ab.", "bytes are promised"),
    ("a frame of 2**60", b"\x80\x04\x95" + b"\0" * 7 + b"\x10N.", "frame of"),
    ("a text of -1 bytes", b"\x80\x02T\xff\xff\xff\xffa.", "text of -1 bytes"),
    ("a text that is not UTF-8", b"\x80\x02X\2\0\0\0\xff\xff.", "is not text"),
    (
        "a long text of wide characters",
        b"\x80\x02" + text("x" * 3_000_000 + "\U0001f600") + b".",
        "a text of 3000004 bytes",
    ),
    (
        "many texts of wide characters",
        b"\x80\x02](" + text("x" * 1_000_000 + "\U0001f600") * 60 + b"e.",
        "more objects",
    ),
    ("a global without end", b"\x80\x02c" + b"a" * 1_000_000, "does not end"),
    ("a global of control codes", b"\x80\x02c\x1b[2J\nx\n)R.", r"asked for"),
    ("no mark", b"\x80\x02Nt.", "not opened"),
    ("an empty stack", b"\x80\x02.", "empty stack"),
    ("a put on an empty stack", b"\x80\x02q\0.", "empty stack"),
    ("an open mark at the end", b"\x80\x02(N.", "inside a container"),
    ("no STOP", b"\x80\x02}", "promised|does not|opcode"),
    ("protocol 0", b"\x80\x00N.", "protocol 0"),
    ("protocol 99", b"\x80\x63N.", "protocol 99"),
    ("an odd number of items", b"\x80\x02}(Nu.", "1 items"),
    ("items of a list", b"\x80\x02](NNu.", "items of a list"),
    ("appends to a dict", b"\x80\x02}Na.", "appends to a dict"),
    ("sets a state on a list", b"\x80\x02]}b.", "state on a list"),
    ("calls a text", b"\x80\x02X\1\0\0\0a)R.", "calls 'a'"),
    ("calls with a list", b"\x80\x02ccollections\nOrderedDict\n]R.", "with a list"),
    ("a name that is no text", b"\x80\x04NN\x93.", "asks for the name None"),
    ("millions of dicts", b"\x80\x02(" + b"}" * _MANY + b"t.", "more objects"),
    ("millions of marks", b"\x80\x02" + b"(" * _MANY + b".", "more objects"),
    ("millions of floats", b"\x80\x02(" + b"J\0\1\0\1" * _MANY + b"t.", "more objects"),
    ("millions of memos", b"\x80\x04N" + b"\x94" * _MANY + b".", "more objects"),
    ("millions of names", b"\x80\x02(" + name("a", "b") * 1_000_000 + b"t.", "objects"),
    (
        "millions of namespaces",
        b"\x80\x02("
        + name("argparse", "Namespace")
        + b"q\0"
        + b"h\0)\x81" * 1_500_000
        + b"t.",
        "more objects",
    ),
    (
        "millions of tensors of one storage",
        b"\x80\x02("
        + name("torch._utils", "_rebuild_tensor")
        + b"q\0"
        + group(storage(), integer(0), sizes(6), sizes(1))
        + b"q\1"
        + b"h\0h\1R" * 1_000_000
        + b"t.",
        "more objects",
    ),
    (
        "copies one dict again and again",
        b"\x80\x02(]("
        + b"".join(integer(k) + b"N\x86" for k in range(9_000))
        + b"eq\0"
        + name("collections", "OrderedDict")
        + b"q\1"
        + b"h\1h\0\x85R" * 20_000
        + b"t.",
        "more objects",
    ),
    (
        "makes dicts of a tuple, which is not charged for",
        b"\x80\x02(("
        + b"".join(integer(k) + b"N\x86" for k in range(9_000))
        + b"tq\0"
        + name("collections", "OrderedDict")
        + b"q\1"
        + b"h\1h\0\x85R" * 20_000
        + b"t.",
        "made from a tuple",
    ),
    (
        "decodes one text again and again",
        b"\x80\x02("
        + text("a" * 1_000_000)
        + b"q\0"
        + text("latin1")
        + b"q\1"
        + name("_codecs", "encode")
        + b"q\2"
        + b"h\2h\0h\1\x86R" * 1000
        + b"t.",
        "decodes more bytes",
    ),
    (
        "a codec that runs",
        state_dict(a=call("_codecs", "encode", text("a"), text("zip"))),
        "encodes 'a' as 'zip'",
    ),
):
    pickled(f"a pickle with {label}", match, lambda canary, pickle=pickle: pickle)

case("a large storage mentioned 10,000 times", "arrays unfold into")(
    lambda canary: torch_zip(
        b"\x80\x02("
        + tensor(shape=(2**18,), strides=(1,), count=2**18)
        + b"q\0"
        + b"h\0" * 10_000
        + b"t.",
        {"0": bytes(2**20)},
    )
)
case("a boolean of 255", "other than 0 and 1")(
    lambda canary: torch_zip(
        state_dict(a=tensor(kind="BoolStorage")), {"0": b"\0\1\0\1\xff\0"}
    )
)
