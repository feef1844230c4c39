"""Safetensors: a JSON header and bytes, read by the `safetensors` package.

The package checks offsets, overlaps and sizes. What it leaves open is the header's
length, up to 100 MB of text that becomes thirty times as much in memory.
"""

import os
from typing import Any

import safetensors

from jgan.convert.readers._errors import refusal, shown

_LONGEST_HEADER = 4 * 2**20  # Bytes: 40,000 tensors.
# The format reserves the name, so no array has it.
METADATA = "__metadata__"


def looks_like_safetensors(head: bytes, file_size: int) -> bool:
    """Returns whether a file starts with a header's length, then JSON."""
    return file_size >= 10 and head[8:9] == b"{" and head[7:8] == b"\0"


def read_safetensors(
    path: str | os.PathLike[str], head: bytes, file_size: int
) -> dict[str, Any]:
    """Returns the arrays by name, and as `METADATA` the file's text, if it has any.

    Args:
        path: The file.
        head: Its first bytes.
        file_size: Of all of it.
    """
    header_size = int.from_bytes(head[:8], "little")
    if header_size > file_size - 8:
        raise refusal(
            "it is truncated or lies about its sizes: its safetensors header declares "
            f"{header_size} bytes, and {file_size - 8} are left"
        )
    if header_size > _LONGEST_HEADER:
        raise refusal(
            f"its safetensors header takes {header_size} bytes, more than "
            f"{_LONGEST_HEADER}"
        )
    try:
        with safetensors.safe_open(os.fspath(path), framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
    except safetensors.SafetensorError as error:
        # Quoted and cut: it may repeat a name from the file.
        raise refusal(
            f"the safetensors package refused it: {str(error)[:200]!r}"
        ) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise refusal(
            f"it holds a type that NumPy lacks ({shown(str(error))})",
            "Save its tensors as float32",
        ) from None
    return {**arrays, METADATA: metadata} if metadata else arrays
