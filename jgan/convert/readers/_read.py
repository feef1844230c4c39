"""One entry for every format: recognizes the file, reads it, settles what was read."""

import os
import stat
from io import BufferedReader
from typing import Any

from jgan.convert.readers import _detect, _torch_legacy
from jgan.convert.readers._errors import (
    NOT_A_CHECKPOINT,
    CheckpointError,
    refusal,
    shown,
)
from jgan.convert.readers._npz import read_npz
from jgan.convert.readers._nvidia import STARTS, read_nvidia
from jgan.convert.readers._plain import settle
from jgan.convert.readers._safetensors import looks_like_safetensors, read_safetensors
from jgan.convert.readers._tensorflow import looks_like_tensorflow, read_tensorflow
from jgan.convert.readers._torch_arrays import TORCH_OBJECTS
from jgan.convert.readers._torch_zip import read_torch_zip
from jgan.convert.readers._window import Window
from jgan.convert.readers._zip_directory import ZipDirectory

# Tied and sliced tensors are counted at every mention.
_MAX_MENTIONS = 16


def read_checkpoint(path: str | os.PathLike[str]) -> Any:
    """Returns the content of a checkpoint file as plain Python; nothing in it runs.

    The format is recognized by content, never by suffix: PyTorch files of every version
    since 0.1.10, safetensors, `.npz`, the network pickles of NVIDIA's
    stylegan2-ada-pytorch and stylegan3, and TensorFlow's checkpoints, by their index.
    Neither torch nor TensorFlow nor pickle is used. Memory stays below twice the file's
    size plus 200 MB, whatever the file declares; of TensorFlow's, the size of the files
    beside it counts.

    In a network pickle, each network is a dict: its state dict as torch gives it, one
    array for each dotted name, after the key `"persistent"` with what describes the
    network. This is a dict of `"class_name"`, `"version"` (of NVIDIA's persistence),
    `"init_args"` and `"init_kwargs"` (what the class was called with), `"attributes"`
    (the public ones, such as `num_ws`), and `"modules"`: the same five for each module
    inside, by dotted name. The source code that the file carries is dropped unread.
    What else lies beside the networks, such as `"training_set_kwargs"`, stays as it is.

    Args:
        path: The file.

    Returns:
        Dicts, lists, tuples, str, int, float, bool, None, bytes, and NumPy arrays with
        the dtype of the file (bfloat16 by `ml_dtypes`). An OrderedDict and an
        `argparse.Namespace` become dicts, a NumPy scalar a 0-d array, a torch dtype its
        name. Arrays that shared a storage still do: treat them as read-only. Those of a
        network pickle are read-only, and not aligned. The text that a safetensors file
        has of its own is a dict, called ``__metadata__``.

    Raises:
        CheckpointError: If the file is missing, damaged, hostile, or of another kind.
    """
    try:
        return _read(path)
    except CheckpointError as error:
        raise CheckpointError(f"Cannot read {os.fspath(path)}: {error}") from None
    except OSError as error:
        raise CheckpointError(
            f"Cannot read {os.fspath(path)}: {error.strerror or error}. Check the path "
            "and its permissions."
        ) from error
    except MemoryError as error:
        raise CheckpointError(
            f"Cannot read {os.fspath(path)}: it does not fit in memory. Read it on a "
            "larger machine."
        ) from error
    except Exception as error:
        # The promise is one error for any input, so a check that is missing above must
        # not show as a KeyError.
        raise CheckpointError(
            f"Cannot read {os.fspath(path)}: it is malformed "
            f"({type(error).__name__}: {shown(str(error))}). Download it again."
        ) from error


def _read(path: str | os.PathLike[str]) -> Any:
    if "\0" in os.fspath(path):
        raise refusal("a path holds no NUL", "Pass the path of a file")
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise refusal("it is a folder", "Pass the path of a file inside")
    # A pipe may never end, and opening one may never return.
    if not stat.S_ISREG(mode):
        raise refusal("it is not a regular file", "Copy it to one")
    with open(path, "rb") as file:
        file_size = os.fstat(file.fileno()).st_size
        head = file.read(_detect.HEAD_SIZE)
        if not head:
            raise refusal("it is empty: the download failed", "Download it again")
        file.seek(max(0, file_size - len(head)))
        if looks_like_tensorflow(file.read()):
            return read_tensorflow(path)
        content = _read_open(path, file, head, file_size)
    return settle(content, TORCH_OBJECTS, max_array_bytes=_bound(file_size))


def _bound(file_size: int) -> int:
    # The constant lets a small compressed .npz through, which has its own bound.
    return _MAX_MENTIONS * file_size + 2**28


def _read_open(
    path: str | os.PathLike[str], file: BufferedReader, head: bytes, file_size: int
) -> Any:
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _read_zip(file, file_size)
    if _torch_legacy.MAGIC in head[:32]:
        return _torch_legacy.read_torch_legacy(Window(file, 0, file_size))
    if looks_like_safetensors(head, file_size):
        return read_safetensors(path, head, file_size)
    if head.startswith(STARTS):
        return read_nvidia(Window(file, 0, file_size))
    raise _detect.unknown(head)


def _read_zip(file: BufferedReader, file_size: int) -> Any:
    directory = ZipDirectory(file, file_size)
    names = list(directory.entries)
    pickles = [name for name in names if f"/{name}".endswith("/data.pkl")]
    if pickles:
        if len(pickles) > 1:
            raise refusal(f"it holds {len(pickles)} entries named data.pkl")
        return read_torch_zip(directory, pickles[0])
    if names and all(name.endswith(".npy") for name in names):
        return read_npz(file, directory, file_size)
    some = ", ".join(shown(name) for name in names[:5]) or "nothing"
    raise refusal(f"it is a zip file of {some}", NOT_A_CHECKPOINT)
