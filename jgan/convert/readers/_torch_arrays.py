"""What a torch pickle may ask for: storages, and tensors as bounded views of them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from jgan.convert.readers._errors import RESAVE, is_size, refusal, shown
from jgan.convert.readers._numpy_objects import NUMPY_OBJECTS, SMALL_FLOATS
from jgan.convert.readers._plain import Inert, Name, Whitelist
from jgan.convert.readers._python_objects import PYTHON_OBJECTS

_STORAGE_DTYPES = {
    "FloatStorage": np.dtype(np.float32),
    "DoubleStorage": np.dtype(np.float64),
    "HalfStorage": np.dtype(np.float16),
    "BFloat16Storage": SMALL_FLOATS["bfloat16"],
    "LongStorage": np.dtype(np.int64),
    "IntStorage": np.dtype(np.int32),
    "ShortStorage": np.dtype(np.int16),
    "CharStorage": np.dtype(np.int8),
    "ByteStorage": np.dtype(np.uint8),
    "BoolStorage": np.dtype(np.bool_),
    "ComplexFloatStorage": np.dtype(np.complex64),
    "ComplexDoubleStorage": np.dtype(np.complex128),
    "UntypedStorage": np.dtype(np.uint8),
    "_UntypedStorage": np.dtype(np.uint8),  # Torch 1.11 and 1.12.
}
_STORAGE_MODULES = ("torch", "torch.cuda", "torch.storage")

_DTYPES = {
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "half": np.dtype(np.float16),
    "long": np.dtype(np.int64),
    "int": np.dtype(np.int32),
    "short": np.dtype(np.int16),
    **{
        name: np.dtype(name)
        for name in (
            *("float16", "float32", "float64", "complex64", "complex128", "bool"),
            *("int8", "int16", "int32", "int64"),
            *("uint8", "uint16", "uint32", "uint64"),
        )
    },
    **SMALL_FLOATS,
}


class Storage(Inert):
    """A storage: its bytes, and the dtype under which the file mentions it.

    Attributes:
        data: The bytes, flat uint8. Shared by all that views them.
        dtype: Of one element.
    """

    def __init__(self, data: np.ndarray, dtype: np.dtype):
        self.data = data
        self.dtype = dtype

    def plain(self) -> np.ndarray:
        """Returns the elements."""
        size = self.data.nbytes // self.dtype.itemsize * self.dtype.itemsize
        return self.data[:size].view(self.dtype)


@dataclass(frozen=True, slots=True)
class StorageId:
    """What a torch pickle says about a storage kept outside it.

    Attributes:
        key: Which one.
        dtype: Of one element.
        num_elements: How many there are.
    """

    key: str
    dtype: np.dtype
    num_elements: int

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
        return self.num_elements * self.dtype.itemsize


def storage_id(persistent_id: Any) -> StorageId:
    """Returns the parsed persistent id of a storage.

    Raises:
        CheckpointError: If it is anything else, such as the source code of a module.
    """
    if type(persistent_id) is not tuple:
        raise refusal(f"it refers to {shown(persistent_id)}, not to a storage")
    if type(persistent_id[0]) is str and persistent_id[0] == "module":
        raise refusal("it holds a whole module, code included", RESAVE)
    kind, storage_type, key, _, num_elements, *_ = persistent_id
    if type(kind) is not str or kind != "storage":
        raise refusal(f"it refers to {shown(persistent_id)}, not to a storage")
    if not isinstance(storage_type, Name):
        raise refusal(f"it refers to a storage of type {shown(storage_type)}")
    if (
        storage_type.module not in _STORAGE_MODULES
        or storage_type.name not in _STORAGE_DTYPES
    ):
        raise refusal(f"it refers to a storage of type {storage_type!s}", RESAVE)
    if type(key) is not str or not is_size(num_elements):
        raise refusal(f"it refers to {shown(persistent_id)}, not to a storage")
    return StorageId(key, _STORAGE_DTYPES[storage_type.name], num_elements)


def _view(
    storage: Any, dtype: np.dtype, offset: Any, shape: Any, strides: Any
) -> np.ndarray:
    """Returns a tensor as a view, after checking that it stays inside its storage."""
    if not isinstance(storage, Storage):
        raise refusal(f"a tensor's storage is {shown(storage)}")
    if (
        type(shape) is not tuple
        or type(strides) is not tuple
        or len(shape) != len(strides)
        or len(shape) > 32
        or not all(map(is_size, (*shape, *strides, offset)))
    ):
        raise refusal(
            f"a tensor has the shape {shown(shape)}, strides {shown(strides)} and "
            f"offset {shown(offset)}"
        )
    num_elements = storage.data.nbytes // dtype.itemsize
    if math.prod(shape) > num_elements:
        raise refusal(
            f"a tensor of shape {shown(shape)} has {num_elements} elements in storage",
            "If it was expanded on purpose, save tensor.contiguous() instead. Else the "
            "file is damaged or was made to mislead",
        )
    if 0 in shape:
        return np.empty(shape, dtype)
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if last >= num_elements:
        raise refusal(
            f"a tensor of shape {shown(shape)}, strides {shown(strides)} and offset "
            f"{offset} leaves its storage of {num_elements} elements"
        )
    # Of one element, any stride is right, and torch writes some that overflow NumPy's.
    steps = [
        (s if n > 1 else 1) * dtype.itemsize
        for n, s in zip(shape, strides, strict=True)
    ]
    start = offset * dtype.itemsize
    return np.ndarray(shape, dtype, storage.data.data, start, steps)


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> np.ndarray:
    dtype = storage.dtype if isinstance(storage, Storage) else np.dtype(np.uint8)
    return _view(storage, dtype, offset, shape, strides)


def _rebuild_tensor_v2(
    storage: Any,
    offset: Any,
    shape: Any,
    strides: Any,
    _requires_grad: Any,
    _hooks: Any,
    metadata: Any = None,
) -> np.ndarray:
    _check_metadata(metadata)
    return _rebuild_tensor(storage, offset, shape, strides)


def _rebuild_tensor_v3(
    storage: Any,
    offset: Any,
    shape: Any,
    strides: Any,
    _requires_grad: Any,
    _hooks: Any,
    dtype: Any,
    metadata: Any = None,
) -> np.ndarray:
    _check_metadata(metadata)
    if not isinstance(dtype, Name) or dtype.module != "torch":
        raise refusal(f"a tensor has the dtype {shown(dtype)}")
    if dtype.name not in _DTYPES:
        raise refusal(f"a tensor has the dtype {dtype!s}", RESAVE)
    return _view(storage, _DTYPES[dtype.name], offset, shape, strides)


def _check_metadata(metadata: Any) -> None:
    # Torch marks lazily conjugated and negated tensors: their bytes are not values.
    if metadata:
        raise refusal("a tensor is lazily conjugated or negated", RESAVE)


def _rebuild_parameter(data: Any, _requires_grad: Any, _hooks: Any) -> Any:
    return data


def _size(sizes: Any = ()) -> tuple[Any, ...]:
    if type(sizes) is not tuple:
        raise refusal(f"a torch.Size is made from {shown(sizes)}")
    return sizes


def _device(*parts: Any) -> str:
    return ":".join(shown(part).strip("'") for part in parts[:2])


TORCH_OBJECTS: Whitelist = {
    **PYTHON_OBJECTS,
    **NUMPY_OBJECTS,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor_v2,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild_tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch", "Size"): _size,
    ("torch", "device"): _device,
    **{(m, name): None for m in _STORAGE_MODULES for name in _STORAGE_DTYPES},
    **{("torch", name): None for name in _DTYPES},
}
