"""What a run adds to the memory of its process. Needs Linux with glibc."""

import ctypes
import gc
import pathlib
import re
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
# glibc's name for what is large, which `mallopt` sets; it rises by itself to 32 MiB.
_M_MMAP_THRESHOLD, _LARGE = -3, 2**20


def forget_peak() -> None:
    """Makes the kernel count the largest resident size from now on."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def growth(run: Callable[[], _Result]) -> tuple[int, _Result]:
    """Returns the bytes by which a run's peak is above what lay in memory before it.

    Without a run of a few batches beforehand this counts libraries and compilation.
    What such a run has freed goes back to the kernel first, or the measured one would
    take it up again and seem to need nothing.

    From here on, large blocks go back to the kernel when they are freed. Else the
    allocator keeps holes where they lay, which a next block may not fit: the same run
    then adds 22 MiB or 50. Having them again takes time, so time another run.

    Args:
        run: What is measured, once.
    """
    gc.collect()
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
    libc.malloc_trim(0)
    forget_peak()
    before = _status_bytes("VmRSS")
    result = run()
    return _status_bytes("VmHWM") - before, result


def _status_bytes(name: str) -> int:
    # Not `getrusage`: its peak begins with that of the process that started this one.
    status = pathlib.Path("/proc/self/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"The kernel tells no {name} of this process.")
    return 1024 * int(found[1])
