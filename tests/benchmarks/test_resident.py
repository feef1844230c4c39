"""Memory that a run adds is counted whole, whatever ran before it."""

import sys

import pytest

from benchmarks import resident

_BLOCK, _NUM_BLOCKS = 2**16, 512


def _take_and_free():
    # So small that they lie on the heap. The last is kept, so the heap cannot shrink.
    return [bytearray(b"x") * _BLOCK for _ in range(_NUM_BLOCKS)][-1]


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells")
def test_memory_that_was_freed_before_counts_again():
    kept = _take_and_free()
    grown, also_kept = resident.growth(_take_and_free)
    assert len(kept) == len(also_kept) == _BLOCK
    # A few pages may have stayed, and some of what Python itself holds may have gone.
    assert grown == pytest.approx(_BLOCK * _NUM_BLOCKS, rel=0.1)
