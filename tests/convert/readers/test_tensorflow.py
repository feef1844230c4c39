"""TensorFlow's checkpoints: what is read of a real one, and what a damaged one says."""

import pathlib
import shutil

import numpy as np
import pytest

from jgan.convert.readers import CheckpointError, read_checkpoint
from tests.golden.eigengan_cases import FOLDER

_REAL = FOLDER / "eigengan_official_16" / "checkpoints" / "ckpt-7.index"


@pytest.fixture
def index(tmp_path):
    """A copy of a real checkpoint, to be damaged."""
    for file in _REAL.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / _REAL.name


def _data(index) -> pathlib.Path:
    return index.with_name("ckpt-7.data-00000-of-00001")


def test_variables_have_their_names_and_text_is_left_out():
    arrays = read_checkpoint(_REAL)
    # As Python had them: with scope, slash and number of the output.
    assert {"G/U_0:0", "G/U_0/G_ema:0", "G_test/fully_connected/weights:0"} <= {*arrays}
    assert not [name for name in arrays if "OBJECT_GRAPH" in name]
    assert arrays["G/U_1:0"].shape == (8, 8, 8, 2)
    assert arrays["G/U_1:0"].dtype == np.float32
    assert arrays["save_counter"].shape == ()
    for array in arrays.values():
        assert np.isfinite(array).all()


def test_what_lies_beside_it_is_needed_whole(index):
    whole = _data(index).read_bytes()
    _data(index).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="lies outside of the files beside it"):
        read_checkpoint(index)
    _data(index).unlink()
    with pytest.raises(CheckpointError, match="data-00000-of-00001 does not lie"):
        read_checkpoint(index)


def test_other_parts_of_it_are_no_checkpoint(index):
    with pytest.raises(CheckpointError, match="TensorFlow's checkpoints"):
        read_checkpoint(_data(index))
    renamed = index.with_name("weights.bin")
    index.rename(renamed)
    with pytest.raises(CheckpointError, match="without that ending"):
        read_checkpoint(renamed)


def test_a_compressed_index_is_refused(index):
    content = bytearray(index.read_bytes())
    # Before the footer lies the block that tells where others are, and its form.
    content[-48 - 5] = 1
    index.write_bytes(content)
    with pytest.raises(CheckpointError, match="its index is compressed"):
        read_checkpoint(index)


def test_no_damage_is_anything_but_one_error(index):
    """One byte after another, with each of three values: read or refused, bounded."""
    content = index.read_bytes()
    refused = 0
    for place in range(0, len(content) - 8, 53):
        for value in (0, 127, 255):
            damaged = bytearray(content)
            damaged[place] = value
            index.write_bytes(damaged)
            try:
                arrays = read_checkpoint(index)
            except CheckpointError:
                refused += 1
                continue
            # No more than there is, whatever is declared.
            total = sum(array.nbytes for array in arrays.values())
            assert total <= _data(index).stat().st_size
    assert refused > 20
