"""Memory that is kept: what is taken again is not new to the process."""

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource
import numpy as np
from jgan.training.memory import keep_memory
{call}
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
take = lambda: [np.ones(2**23), np.ones(2**22)]  # 64 and 32 MiB.
take()
before = faults()
for _ in range(5):
    take()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_was_freed_is_taken_again():
    def faults(call):
        done = subprocess.run(
            [sys.executable, "-c", _FAULTS.format(call=call)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    # Pages of 4 KiB, or of 2 MiB: a hundredth of a few hundred is a handful.
    assert faults("keep_memory()") < 0.01 * faults("")


def test_where_there_is_no_such_library_nothing_happens(monkeypatch):
    from jgan.training import memory

    def refuse(name):
        raise OSError(name)

    for library in (refuse, lambda name: object()):
        monkeypatch.setattr(memory.ctypes, "CDLL", library)
        memory.keep_memory()
