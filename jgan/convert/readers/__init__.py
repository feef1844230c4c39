"""Safe readers: the plain content of a checkpoint file, with nothing in it executed.

Start at `read_checkpoint` (`_read.py`), which recognizes the format by content.
`_torch_zip`, `_torch_legacy`, `_nvidia`, `_safetensors` and `_npz` read one format
each; pickles run on `_pickle_machine`, whose whitelists sit in `_torch_arrays`,
`_numpy_objects` and `_python_objects`; every refusal is one `CheckpointError`.
"""

from jgan.convert.readers._errors import CheckpointError
from jgan.convert.readers._read import read_checkpoint

__all__ = ["CheckpointError", "read_checkpoint"]
