"""Pickles that try to run something."""

import struct

from tests.convert.readers.assemble import (
    call,
    group,
    name,
    state_dict,
    text,
)
from tests.convert.readers.registry import file_of, pickled, touch

for module in ("os", "posix", "nt"):
    pickled(
        f"calls {module}.system",
        rf"asked for {module}\.system, which was not run.*torch\.save",
        lambda canary, module=module: state_dict(
            a=call(module, "system", text(touch(canary)))
        ),
    )
for module in ("builtins", "__builtin__"):
    for function in ("eval", "exec"):
        pickled(
            f"calls {module}.{function}",
            rf"asked for {module}\.{function}, which was not run",
            lambda canary, m=module, f=function: state_dict(
                a=call(m, f, text(file_of(canary)))
            ),
        )
pickled(
    "calls subprocess",
    r"asked for subprocess\.check_call",
    lambda canary: state_dict(
        a=call("subprocess", "check_call", b"](" + text("touch") + text(canary) + b"e")
    ),
)
pickled(
    "reaches os.system through getattr",
    r"asked for builtins\.getattr",
    lambda canary: state_dict(
        a=call("builtins", "getattr", name("os", "path"), text("system"))
        + group(text(touch(canary)))
        + b"R"
    ),
)
pickled(
    "imports by a dotted attribute",
    r"asked for os\.path\.os\.system",
    lambda canary: state_dict(
        a=text("os")
        + text("path.os.system")
        + b"\x93"
        + group(text(touch(canary)))
        + b"R"
    ),
)
pickled(
    "calls the open function",
    r"asked for io\.open",
    lambda canary: state_dict(a=call("io", "open", text(canary), text("w"))),
)
pickled(
    "hides a call in an ignored state",
    r"asked for os\.system",
    lambda canary: (
        b"\x80\x02"
        + call("collections", "OrderedDict")
        + b"}("
        + text("_metadata")
        + call("os", "system", text(touch(canary)))
        + b"ub."
    ),
)
pickled(
    "calls a call",
    r"it calls a dict",
    lambda canary: state_dict(
        a=call("collections", "OrderedDict") + group(text(touch(canary))) + b"R"
    ),
)
pickled(
    "chains through functools.partial",
    r"asked for functools\.partial",
    lambda canary: state_dict(
        a=call("functools", "partial", name("os", "system"), text(touch(canary)))
        + b")R"
    ),
)
pickled(
    "nests a stream in _load_from_bytes",
    r"asked for torch\.storage\._load_from_bytes",
    lambda canary: state_dict(
        a=call(
            "torch.storage",
            "_load_from_bytes",
            b"B"
            + struct.pack("<I", 60)
            + call("os", "system", text("x" * 29)).ljust(60, b".")[:60],
        )
    ),
)
pickled(
    "loads through torch.load",
    r"asked for torch\.load",
    lambda canary: state_dict(a=call("torch", "load", text(canary))),
)
pickled(
    "rebuilds by a function of its own",
    r"asked for torch\._tensor\._rebuild_from_type_v2",
    lambda canary: state_dict(
        a=call(
            "torch._tensor",
            "_rebuild_from_type_v2",
            name("os", "system"),
            name("os", "system"),
            group(text(touch(canary))),
            b"N",
        )
    ),
)
pickled(
    "mentions a function without calling it",
    r"asked for os\.system",
    lambda canary: state_dict(a=name("os", "system")),
)
pickled(
    "holds a whole module",
    r"asked for torch\.nn\.modules\.conv\.Conv2d.*state_dict",
    lambda canary: b"\x80\x02" + name("torch.nn.modules.conv", "Conv2d") + b")\x81}b.",
)
pickled(
    "makes an object by NEWOBJ",
    r"asked for subprocess\.Popen",
    lambda canary: state_dict(
        a=name("subprocess", "Popen") + group(text(touch(canary))) + b"\x81"
    ),
)
pickled(
    "holds source code in a persistent id",
    r"a whole module, code included",
    lambda canary: state_dict(
        a=group(text("module"), name("m", "C"), text("f"), text(file_of(canary)), b"N")
        + b"Q"
    ),
)
pickled(
    "makes a set by its opcode",
    r"asked for builtins\.set",
    lambda canary: state_dict(a=b"\x8f"),
)
for label, opcode in (
    ("INST", b"(X\x01\0\0\0aios\nsystem\n"),
    ("OBJ", b"(cos\nsystem\nX\x01\0\0\0ao"),
    ("NEWOBJ_EX", b"cos\nsystem\n)}\x92"),
    ("EXT1", b"\x82\x01"),
    ("EXT2", b"\x83\x01\0"),
    ("EXT4", b"\x84\x01\0\0\0"),
    ("PERSID", b"Pos.system\n"),
    ("NEXT_BUFFER", b"\x97"),
    ("DUP", b"N2"),
    ("STRING", b"S'os'\n"),
    ("INT", b"I1\n"),
):
    pickled(
        f"uses the opcode {label}",
        rf"the pickle opcode {label}\b",
        lambda canary, opcode=opcode: state_dict(a=opcode),
    )
