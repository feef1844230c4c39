"""Memory that a run adds is counted whole, whatever ran before it."""

import concurrent.futures
import multiprocessing
import sys

import pytest

from benchmarks import resident

_BLOCK, _NUM_BLOCKS = 2**16, 512
_MIB = 2**20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads what Linux tells"
)


def _in_a_child(function):
    # Else the allocator of all other tests would be told what is large.
    spawn = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function).result()


def _take_and_free():
    # So small that they lie on the heap. The last is kept, so the heap cannot shrink.
    return [bytearray(b"x") * _BLOCK for _ in range(_NUM_BLOCKS)][-1]


def _growth_after_freeing():
    kept = _take_and_free()
    grown, also_kept = resident.growth(_take_and_free)
    return grown, len(kept) + len(also_kept)


def test_memory_that_was_freed_before_counts_again():
    grown, kept = _in_a_child(_growth_after_freeing)
    assert kept == 2 * _BLOCK
    # A few pages may have stayed, and some of what Python itself holds may have gone.
    assert grown == pytest.approx(_BLOCK * _NUM_BLOCKS, rel=0.1)


def _leave_a_hole():
    # Freed once, blocks of this size lie on the heap from then on, unless told not to.
    del [bytearray(24 * _MIB)][0]
    first, kept = bytearray(20 * _MIB), bytearray(8 * _MIB)
    del first
    return kept, bytearray(24 * _MIB)


def _growth_with_a_hole():
    grown, kept = resident.growth(_leave_a_hole)
    return grown, sum(map(len, kept))


def test_holes_that_large_blocks_leave_do_not_count():
    grown, kept = _in_a_child(_growth_with_a_hole)
    assert grown == pytest.approx(kept, rel=0.1)
