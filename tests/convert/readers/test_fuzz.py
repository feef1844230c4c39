"""Damaged files: whatever happened to the bytes, one error or a whole result."""

import numpy as np
import pytest

from jgan.convert.readers import CheckpointError, read_checkpoint
from tests.convert.readers import assemble, nvidia
from tests.convert.readers.assemble import (
    call,
    floats,
    group,
    integer,
    legacy,
    name,
    npz,
    safetensors,
    sizes,
    state_dict,
    tensor,
    text,
    torch_zip,
    zip_file,
)

DEFLATED = 8


def _rich_pickle():
    """Every kind of object that a checkpoint holds."""
    dtype = (
        call("numpy", "dtype", text("f4"), b"\x89", b"\x88")
        + group(integer(3), text("<"), b"NNN", integer(-1), integer(-1), integer(0))
        + b"b"
    )
    array = (
        call(
            "numpy.core.multiarray",
            "_reconstruct",
            name("numpy", "ndarray"),
            sizes(0),
            call("_codecs", "encode", text("b"), text("latin1")),
        )
        + group(
            *(integer(1), sizes(2), dtype, b"\x89"),
            call("_codecs", "encode", text("\0\x80\xff\0abcd"), text("latin1")),
        )
        + b"b"
    )
    return state_dict(
        weight=tensor() + b"q\1",
        tied=b"h\1",
        bias=tensor(shape=(3,), strides=(2,), offset=1),
        array=array,
        options=name("argparse", "Namespace") + b")\x81}" + text("lr") + b"K\1sbq\2",
        again=b"h\2",
        items=b"](K\1M\1\1J\1\1\1\1G\0\0\0\0\0\0\0\0N\x88\x89e",
        size=call("torch", "Size", sizes(2, 3)),
        dtype=name("torch", "float32"),
    )


SEEDS = {
    "torch zip": torch_zip(_rich_pickle()),
    "legacy": legacy(_rich_pickle()),
    "nvidia": nvidia.dump(
        nvidia.network(
            "Generator",
            nvidia.state_of(
                {"weight": nvidia.parameter(np.arange(6, dtype="f").reshape(2, 3))},
                unsaved=["cache"],
                gain=np.float64(2),
                _init_kwargs=nvidia.EasyDict(z_dim=2),
            ),
        )
    ),
    "npz": npz(),
    "deflated npz": npz(method=DEFLATED),
    "safetensors": safetensors(),
}


def _mutated(data, draws):
    """The data with a few bytes flipped, overwritten, removed, repeated or added."""
    data = bytearray(data)
    for _ in range(draws.integers(1, 4)):
        if not data:
            break
        at = int(draws.integers(len(data)))
        size = int(draws.integers(1, 9))
        match draws.integers(6):
            case 0:
                data[at] ^= 1 << int(draws.integers(8))
            case 1:
                data[at] = int(draws.integers(256))
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = data[at : at + size]
            case 4:
                data[at:at] = draws.bytes(size)
            case 5:
                data[at : at + size] = draws.choice([b"\0", b"\xff", b"\x80"]) * size
    return bytes(data)


def _read(path, data):
    """The content, or the error; anything but a CheckpointError fails the test."""
    path.write_bytes(data)
    try:
        return read_checkpoint(path)
    except CheckpointError as error:
        # The net below all checks caught it: a check is missing.
        assert "it is malformed (" not in str(error), data  # noqa: PT017
        return error


def _is_plain(value):
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    kinds = (np.ndarray, str, int, float, bool, bytes, type(None))
    return type(value) in kinds


@pytest.mark.parametrize("kind", SEEDS)
def test_the_undamaged_file_is_read(kind, tmp_path):
    content = _read(tmp_path / "file", SEEDS[kind])
    want = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(content["weight"], want, strict=True)


@pytest.mark.parametrize("kind", SEEDS)
def test_damage_gives_one_error_or_plain_content(kind, tmp_path):
    draws = np.random.default_rng(0)
    num_refused = 0
    for _ in range(500):
        got = _read(tmp_path / "file", _mutated(SEEDS[kind], draws))
        num_refused += isinstance(got, CheckpointError)
        assert isinstance(got, CheckpointError) or _is_plain(got)
    assert num_refused > 100


def test_a_damaged_pickle_behind_a_right_checksum_gives_one_error(tmp_path):
    draws = np.random.default_rng(1)
    for _ in range(800):
        data = torch_zip(_mutated(_rich_pickle(), draws))
        got = _read(tmp_path / "file", data)
        assert isinstance(got, CheckpointError) or _is_plain(got)


def test_a_damaged_array_behind_a_right_checksum_gives_one_error(tmp_path):
    draws = np.random.default_rng(2)
    for _ in range(500):
        data = zip_file({"weight.npy": _mutated(assemble.npy(), draws)})
        got = _read(tmp_path / "file", data)
        assert isinstance(got, CheckpointError) or _is_plain(got)


@pytest.mark.parametrize("kind", SEEDS)
def test_a_prefix_of_a_file_is_refused(kind, tmp_path):
    data = SEEDS[kind]
    for size in range(0, len(data), 3):
        assert isinstance(_read(tmp_path / "file", data[:size]), CheckpointError)


def test_random_bytes_are_refused(tmp_path):
    draws = np.random.default_rng(4)
    starts = (b"", b"PK\3\4", assemble.LEGACY_START, b"\x30\0\0\0\0\0\0\0{")
    for start in starts * 50:
        data = start + draws.bytes(int(draws.integers(1, 2000)))
        assert isinstance(_read(tmp_path / "file", data), CheckpointError)


def test_a_flipped_bit_in_a_stored_weight_is_noticed(tmp_path):
    data = bytearray(SEEDS["torch zip"])
    data[data.index(floats()) + 5] ^= 4
    assert "checksum" in str(_read(tmp_path / "file", bytes(data)))
