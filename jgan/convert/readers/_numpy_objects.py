"""What a pickle may ask of NumPy: arrays, scalars and dtypes, objects excepted."""

import math
import re
from typing import Any

import ml_dtypes
import numpy as np

from jgan.convert.readers._errors import RESAVE, is_size, refusal, shown
from jgan.convert.readers._plain import Inert, Name, Whitelist

_SIMPLE_DTYPE = re.compile(
    r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16|S[1-9]\d{0,8}|U[1-9]\d{0,7})"
)
_SMALL_FLOATS = (
    "bfloat16",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
)
SMALL_FLOATS = {name: np.dtype(getattr(ml_dtypes, name)) for name in _SMALL_FLOATS}


def simple_dtype(text: Any) -> np.dtype:
    """Returns the dtype that a file spelt, such as `<f4`.

    Raises:
        CheckpointError: If it is not one of numbers, booleans or fixed-length text.
    """
    if type(text) is not str or not _SIMPLE_DTYPE.fullmatch(text):
        raise refusal(
            f"it holds an array of dtype {shown(text)}, and only numbers, booleans and "
            "fixed-length text are read",
            "Save the arrays as such, floats as float32 where NumPy lacks their type",
        )
    return np.dtype(text)


def array_of(data: bytes, dtype: np.dtype, shape: Any, order: Any) -> np.ndarray:
    """Returns the bytes as an array, after comparing their number with the shape."""
    if type(shape) is not tuple or not all(map(is_size, shape)) or len(shape) > 32:
        raise refusal(f"an array has the shape {shown(shape)}")
    if order not in ("C", "F"):
        raise refusal(f"an array has the order {shown(order)}")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise refusal(
            f"an array of shape {shown(shape)} and dtype {dtype} comes with "
            f"{len(data)} bytes"
        )
    flat = np.frombuffer(data, dtype)
    return flat.reshape(shape) if order == "C" else flat.reshape(shape[::-1]).T


class Dtype(Inert):
    """A `numpy.dtype`, which the file completes with its byte order."""

    def __init__(self, text: Any, _align: Any = False, _copy: Any = False):
        if isinstance(text, Name):
            if text.module != "ml_dtypes" or text.name not in SMALL_FLOATS:
                raise refusal(f"it holds an array of dtype {text!s}", RESAVE)
            self.dtype = SMALL_FLOATS[text.name]
        else:
            self.dtype = simple_dtype(text)

    def build(self, state: Any) -> None:
        """Receives the byte order; fields and sub-arrays are refused."""
        if type(state) is not tuple or len(state) < 5:
            raise refusal(f"a dtype has the state {shown(state)}")
        _, order, subarray, names, fields, *_ = state
        if order not in ("<", ">", "|", "="):
            raise refusal(f"a dtype has the byte order {shown(order)}")
        if (subarray, names, fields) != (None, None, None):
            raise refusal("it holds an array of records", RESAVE)
        self.dtype = self.dtype.newbyteorder(order)

    def plain(self) -> str:
        """Returns the dtype's name."""
        return self.dtype.name


class Array(Inert):
    """A `numpy.ndarray`, empty until the file sets its state."""

    def __init__(self, *_kind: Any):
        self._array: np.ndarray | None = None

    def build(self, state: Any) -> None:
        """Receives version, shape, dtype, order and bytes."""
        if type(state) is not tuple or len(state) != 5:
            raise refusal(f"an array has the state {shown(state)}")
        _, shape, dtype, is_fortran, data = state
        if type(data) is str:  # Python 2 had no bytes.
            data = data.encode("latin-1")
        if type(data) is not bytes:
            raise refusal(f"an array's bytes are {shown(data)}", RESAVE)
        order = "F" if is_fortran is True else "C"
        self._array = array_of(data, _dtype_of(dtype), shape, order)

    def plain(self) -> np.ndarray:
        """Returns the array."""
        if self._array is None:
            raise refusal("an array comes without its content")
        return self._array


def _dtype_of(dtype: Any) -> np.dtype:
    if not isinstance(dtype, Dtype):
        raise refusal(f"an array's dtype is {shown(dtype)}", RESAVE)
    return dtype.dtype


def _scalar(dtype: Any, data: Any = b"") -> np.ndarray:
    if type(data) is str:
        data = data.encode("latin-1")
    if type(data) is not bytes:
        raise refusal(f"a number's bytes are {shown(data)}", RESAVE)
    return array_of(data, _dtype_of(dtype), (), "C")


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if type(data) is not bytes:
        raise refusal(f"an array's bytes are {shown(data)}", RESAVE)
    return array_of(data, _dtype_of(dtype), shape, order)


NUMPY_OBJECTS: Whitelist = {
    ("numpy", "dtype"): Dtype,
    ("numpy", "ndarray"): None,
    # NumPy 2 renamed `core`.
    ("numpy.core.multiarray", "_reconstruct"): Array,
    ("numpy._core.multiarray", "_reconstruct"): Array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    **{("ml_dtypes", name): None for name in SMALL_FLOATS},
}
