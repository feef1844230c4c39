"""PyTorch files since 1.6: a zip of one pickle and a stored entry for each storage."""

from typing import Any

import numpy as np

from jgan.convert.readers._errors import RESAVE, refusal, shown
from jgan.convert.readers._pickle_machine import run_pickle
from jgan.convert.readers._torch_arrays import TORCH_OBJECTS, Storage, storage_id
from jgan.convert.readers._zip_directory import ZipDirectory


def read_torch_zip(directory: ZipDirectory, pickle_name: str) -> Any:
    """Returns what the pickle assembles, not yet settled.

    Args:
        directory: Of the file.
        pickle_name: The entry `<folder>/data.pkl`; storages lie beside it.
    """
    folder = pickle_name.removesuffix("data.pkl")
    if any(name.startswith(f"{folder}code/") for name in directory.entries):
        raise refusal(
            "it is a TorchScript program",
            "Where torch is at hand, run torch.save(torch.jit.load(path).state_dict(), "
            "new_path)",
        )
    if f"{folder}byteorder" in directory.entries:
        window = directory.window(f"{folder}byteorder")
        byteorder = window.read(min(window.remaining, 16))
        if byteorder != b"little":
            raise refusal(f"its byte order is {shown(byteorder)}, not little", RESAVE)

    loaded: dict[str, np.ndarray] = {}

    def load(persistent_id: Any) -> Storage:
        wanted = storage_id(persistent_id)
        if wanted.key not in loaded:
            loaded[wanted.key] = directory.array(f"{folder}data/{wanted.key}")
        data = loaded[wanted.key]
        if wanted.nbytes > data.nbytes:
            raise refusal(
                f"its storage {shown(wanted.key)} declares {wanted.nbytes} bytes and "
                f"has {data.nbytes}"
            )
        return Storage(data[: wanted.nbytes], wanted.dtype)

    return run_pickle(directory.window(pickle_name), TORCH_OBJECTS, load)
