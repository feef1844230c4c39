"""Files written without torch, against what torch and jgan's own reader read."""

import zipfile

import ml_dtypes
import numpy as np
import pytest

from jgan.convert._torch_writer import write_torch
from jgan.convert.readers import read_checkpoint

_DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex64", "complex128"),
    *("int64", "int32", "int16", "int8", "uint8", "bool"),
)
_ARRAYS = {
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
    "transposed": np.arange(24, dtype=np.float32).reshape(2, 3, 4).T,
    "strided": np.arange(10, dtype=np.float32)[1::3],
    "reversed": np.arange(5, dtype=np.int64)[::-1],
    "broadcast": np.broadcast_to(np.float32(7), (2, 3)),
    "a number": np.array(2.5, np.float32),
    "no rows": np.zeros((0, 3), np.float32),
    "no columns": np.zeros((3, 0, 2), np.float32),
    "big-endian": np.arange(4, dtype=">f4"),
    "ü": np.array([-0.0, np.inf, np.nan], np.float32),
}


def _dtype(name):
    return np.dtype(getattr(ml_dtypes, name, name))


def _every_dtype():
    values = np.array([[0, 1, 2], [3, 4, 100]])
    return {name: values.astype(_dtype(name)) for name in _DTYPES}


def _assert_same(got, array):
    assert got.shape == array.shape
    assert got.dtype.name == array.dtype.name
    want = array.astype(array.dtype.newbyteorder("<"))
    assert got.tobytes() == want.tobytes()


def _to_numpy(tensor):
    import torch

    dtype = _dtype(str(tensor.dtype).removeprefix("torch."))
    flat = tensor.contiguous().reshape(-1).view(torch.uint8)
    return flat.numpy().view(dtype).reshape(tuple(tensor.shape))


@pytest.mark.torch
@pytest.mark.parametrize("options", [{"weights_only": True}, {"weights_only": False}])
@pytest.mark.parametrize("mapped", [False, True])
def test_torch_reads_it_bit_for_bit(options, mapped, tmp_path):
    import torch

    content = {"g": _ARRAYS, "dtypes": _every_dtype(), "empty": {}}
    write_torch(content, tmp_path / "file.pt")
    got = torch.load(tmp_path / "file.pt", mmap=mapped, **options)
    assert [*got] == [*content]
    for place in content:
        assert [*got[place]] == [*content[place]]
        for name, array in content[place].items():
            tensor = got[place][name]
            assert tensor.is_contiguous()
            assert not tensor.requires_grad
            _assert_same(_to_numpy(tensor), array)


def test_the_own_reader_reads_it_bit_for_bit(tmp_path):
    content = {"g": _ARRAYS, "dtypes": _every_dtype(), "empty": {}}
    write_torch(content, tmp_path / "file.pt")
    got = read_checkpoint(tmp_path / "file.pt")
    assert got["empty"] == {}
    for place in ("g", "dtypes"):
        assert [*got[place]] == [*content[place]]
        for name, array in content[place].items():
            _assert_same(got[place][name], array)


def test_storages_are_aligned_and_equal_content_is_an_equal_file(tmp_path):
    for name in ("one.pt", "two.pt"):
        write_torch(_ARRAYS, tmp_path / name)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()
    data = (tmp_path / "one.pt").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.pt") as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            size = entry.header_offset + 26
            sizes = np.frombuffer(data[size : size + 4], "<u2")
            assert (size + 4 + int(sizes.sum())) % 64 == 0


@pytest.mark.torch
def test_it_is_laid_out_as_torch_does(tmp_path):
    import torch

    write_torch({"a": np.zeros(3, np.float32)}, tmp_path / "ours.pt")
    torch.save({"a": torch.zeros(3)}, tmp_path / "archive.pt")
    entries = {}
    for name in ("ours", "archive"):
        with zipfile.ZipFile(tmp_path / f"{name}.pt") as archive:
            entries[name] = {i.filename: archive.read(i) for i in archive.infolist()}
    for name, data in entries["ours"].items():
        if not name.endswith("data.pkl"):
            assert entries["archive"][name] == data


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array(["text"]), "no tensors of <U4"),
        (np.zeros(2, np.uint16), "no tensors of uint16"),
        (np.array([None]), "no tensors of object"),
        (3, "arrays, not int"),
        ([np.zeros(2)], "arrays, not list"),
    ],
)
def test_what_is_no_array_is_refused(value, message, tmp_path):
    with pytest.raises(TypeError, match=message):
        write_torch({"a": value}, tmp_path / "file.pt")
    assert [*tmp_path.iterdir()] == []
