"""The one error of the readers, and how its messages quote a file.

What a file says is quoted short and escaped: a name of a megabyte or a terminal's
control codes must not reach the reader's screen.
"""

import reprlib

DAMAGED = (
    "The file is damaged or was made to mislead: download it again, from a source "
    "you trust"
)
RESAVE = (
    "jgan reads arrays and plain data only: where the file was made, save it again "
    "with torch.save(model.state_dict(), path)"
)
NOT_A_CHECKPOINT = (
    "jgan reads PyTorch files (.pth, .pt, .bin, .tar), safetensors, .npz, NVIDIA's "
    "network pickles (.pkl) and TensorFlow's checkpoints (.index)"
)

_QUOTED = (str, bytes, int, float, bool, type(None))
_short = reprlib.Repr()
_short.maxstring = _short.maxother = _short.maxlong = 100


class CheckpointError(ValueError):
    """A checkpoint that was not read: which file, what is wrong, and what to do."""


def refusal(problem: str, remedy: str = DAMAGED) -> CheckpointError:
    """Returns the error for a problem; `read_checkpoint` adds the file's name."""
    return CheckpointError(f"{problem}. {remedy}.")


def shown(value: object) -> str:
    """Returns a short quotation of a value that came from a file.

    Containers are only named: they may be deep, or hold themselves.
    """
    if type(value) in _QUOTED:
        return _short.repr(value)
    if type(value) is tuple and len(value) <= 8:
        inside = (shown(x) if type(x) in _QUOTED else type(x).__name__ for x in value)
        return f"({', '.join(inside)})"
    return f"a {type(value).__name__}"


def is_size(value: object) -> bool:
    """Returns whether a value is a count, size or offset that a real file may hold."""
    return type(value) is int and 0 <= value < 2**48
