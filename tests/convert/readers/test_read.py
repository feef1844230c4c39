"""Files written by NumPy, safetensors and by hand, and the paths that are no files."""

import argparse
import collections
import errno
import os
import pickle
import sys

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from jgan.convert.readers import CheckpointError, read_checkpoint
from tests.convert.readers.assemble import (
    LEGACY_START,
    call,
    group,
    integer,
    legacy,
    npy,
    npz,
    safetensors as safetensors_file,
    state_dict,
    tensor,
    text,
    torch_zip,
)

ARRAYS = {
    "weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "half": np.arange(5, dtype=np.float16),
    "counts": np.array(7, np.int64),
    "mask": np.array([True, False]),
    "empty": np.zeros((0, 3), np.uint8),
    "complex": np.array([1 + 2j], np.complex64),
}


def _write(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def _assert_same(got, want):
    assert list(got) == list(want)
    for key, array in want.items():
        np.testing.assert_array_equal(got[key], array, strict=True)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_comes_back_bit_for_bit(save, tmp_path):
    arrays = ARRAYS | {
        "fortran": np.asfortranarray(ARRAYS["weight"]),
        "big_endian": np.arange(4, dtype=">f8"),
        "name": np.array(["scenes", "faces"]),
    }
    with open(tmp_path / "file", "wb") as file:
        save(file, **arrays)
    _assert_same(read_checkpoint(tmp_path / "file"), arrays)


def test_a_long_npz_header_is_read(tmp_path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }"
    for version in (1, 2, 3):
        data = npz({"weight.npy": npy(header.ljust(300) + "\n", version=version)})
        content = read_checkpoint(_write(tmp_path, data))
        assert content["weight"].shape == (2, 3)


def test_compressible_arrays_are_read_while_they_fit(tmp_path):
    with open(tmp_path / "file", "wb") as file:
        np.savez_compressed(file, zeros=np.zeros(2**22, np.float32))
    assert not read_checkpoint(tmp_path / "file")["zeros"].any()


def test_safetensors_come_back_bit_for_bit(tmp_path):
    arrays = ARRAYS | {"brain": np.arange(6).astype(ml_dtypes.bfloat16)}
    safetensors.numpy.save_file(arrays, tmp_path / "file", metadata={"a": "b"})
    got = read_checkpoint(tmp_path / "file")
    _assert_same({key: got[key] for key in arrays}, arrays)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_training_keeps_beside_weights_becomes_plain(protocol, tmp_path):
    kept = {
        "step": 12_000,
        "large": 2**100,
        "negative": -5,
        "rate": 2e-3,
        "name": "Größe \U0001f600",
        "raw": b"\0\xff",
        "no raw": b"",
        "flags": [True, False, None],
        "pair": (1, (2, 3, 4), ()),
        3: {"exp_avg": np.arange(4.0)},
        "best": np.float64(0.25),
        "brain": np.arange(3).astype(ml_dtypes.bfloat16),
        "fortran": np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        "ordered": collections.OrderedDict(b=1, a=2),
        "default": collections.defaultdict(dict, {"x": {}}),
        "milestones": collections.Counter([30, 30, 60]),
        "options": argparse.Namespace(lr=0.1, betas=(0.0, 0.99)),
    }
    content = read_checkpoint(
        _write(tmp_path, torch_zip(pickle.dumps(kept, protocol), {}))
    )
    assert list(content) == list(kept)
    for key in ("step", "large", "negative", "rate", "name", "raw", "flags", "pair"):
        assert content[key] == kept[key]
        assert type(content[key]) is type(kept[key])
    for array, want in (
        (content[3]["exp_avg"], kept[3]["exp_avg"]),
        (content["best"], np.array(0.25)),
        (content["brain"], kept["brain"]),
        (content["fortran"], kept["fortran"]),
    ):
        np.testing.assert_array_equal(array, want, strict=True)
    for key in ("ordered", "default", "milestones"):
        assert type(content[key]) is dict
        assert content[key] == dict(kept[key])
    assert list(content["ordered"]) == ["b", "a"]
    assert content["options"] == {"lr": 0.1, "betas": (0.0, 0.99)}


def test_what_was_shared_stays_shared(tmp_path):
    pickled = state_dict(
        a=b"](K\1eq\1", b=b"h\1", c=tensor(), d=tensor(shape=(2,), strides=(1,))
    )
    content = read_checkpoint(_write(tmp_path, torch_zip(pickled)))
    assert content["a"] is content["b"]
    assert np.shares_memory(content["c"], content["d"])


def test_python_2_wrote_its_text_as_bytes(tmp_path):
    pickled = b"\x80\x02}U\6weight" + tensor() + b"s."
    assert list(read_checkpoint(_write(tmp_path, torch_zip(pickled)))) == ["weight"]


def test_an_early_legacy_file_may_view_a_part_of_a_storage(tmp_path):
    part = group(text("7"), integer(2), integer(3))
    pickled = state_dict(
        part=tensor(shape=(3,), strides=(1,), view=part), whole=tensor(view=b"N")
    )
    content = read_checkpoint(_write(tmp_path, legacy(pickled)))
    np.testing.assert_array_equal(content["part"], np.float32([2, 3, 4]))
    assert np.shares_memory(content["part"], content["whole"])


def test_a_torch_dtype_and_device_become_their_names(tmp_path):
    pickled = state_dict(
        dtype=b"ctorch\nbfloat16\n", device=call("torch", "device", text("cuda:0"))
    )
    content = read_checkpoint(_write(tmp_path, torch_zip(pickled)))
    assert content == {"dtype": "torch.bfloat16", "device": "cuda:0"}


def test_an_expanded_tensor_is_refused_with_the_remedy(tmp_path):
    pickled = state_dict(a=tensor(shape=(4, 6), strides=(0, 1)))
    with pytest.raises(CheckpointError, match=r"contiguous\(\)"):
        read_checkpoint(_write(tmp_path, torch_zip(pickled)))


def test_the_error_names_the_file(tmp_path):
    path = _write(tmp_path, b"Not Found")
    with pytest.raises(CheckpointError) as refusal:
        read_checkpoint(path)
    assert str(path) in str(refusal.value)


def test_the_format_is_recognized_whatever_the_suffix(tmp_path):
    for data in (torch_zip(), legacy(), npz(), safetensors_file()):
        path = tmp_path / "picture.png"
        path.write_bytes(data)
        assert read_checkpoint(str(path))["weight"].shape == (2, 3)


def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"No such file.*Check the path"):
        read_checkpoint(tmp_path / "missing.pth")
    with pytest.raises(CheckpointError, match="it is a folder"):
        read_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match="NUL"):
        read_checkpoint("weights\0.pth")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(CheckpointError, match="not a regular file"):
            read_checkpoint(tmp_path / "pipe")


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    path = _write(tmp_path, npz())

    def refuse(*_, **__):  # As the system does, but for root too.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(CheckpointError, match="Permission denied"):
        read_checkpoint(path)


def test_a_failing_check_below_still_gives_the_one_error(tmp_path, monkeypatch):
    def fail(*_):
        raise KeyError("weight")

    monkeypatch.setattr("jgan.convert.readers._read.read_npz", fail)
    with pytest.raises(CheckpointError, match="KeyError"):
        read_checkpoint(_write(tmp_path, npz()))


def test_reading_from_deep_in_a_program_still_gives_the_one_error(tmp_path):
    path = _write(tmp_path, legacy())

    def descend(depth):
        if depth:
            return descend(depth - 1)
        return read_checkpoint(path)

    frames = 0
    frame = sys._getframe()
    while frame:
        frames, frame = frames + 1, frame.f_back
    for left in (30, 45, 60):
        try:
            descend(sys.getrecursionlimit() - frames - left)
        except CheckpointError as error:
            assert "RecursionError" in str(error)  # noqa: PT017


def test_neither_torch_nor_pickle_is_imported():
    from jgan.convert.readers import _pickle_machine

    assert "pickle" not in vars(_pickle_machine)
    assert LEGACY_START.startswith(b"\x80\x02")
