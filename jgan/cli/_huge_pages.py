"""Memory in huge pages, for commands that train.

XLA takes the buffers of a step from the system anew each time, 160 MB for `eigen64`,
and Linux gives them in pages of 4 KiB as they are touched: a sixth of the step. glibc
asks for pages of 2 MiB where it is told so, which it reads when a process starts.
"""

import contextlib
import os
import pathlib
import sys

_TUNABLES, _HUGE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"
_ENABLED = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


def restart_with_huge_pages() -> None:
    """Starts this process anew with huge pages, where they are to be asked for.

    It keeps its number, arguments and standard streams. Nothing happens on other
    systems, where Linux gives huge pages to all or to none, where `GLIBC_TUNABLES`
    already decides, or where a process cannot start anew.
    """
    tunables = os.environ.get(_TUNABLES, "")
    if _HUGE in tunables or not _on_request():
        return
    told = {_TUNABLES: ":".join(filter(None, (tunables, f"{_HUGE}=1")))}
    command = [sys.executable, *sys.orig_argv[1:]]
    # What fails is only a faster training; an interpreter may not know its own path.
    with contextlib.suppress(OSError, ValueError, TypeError):
        os.execve(sys.executable, command, os.environ | told)


def _on_request() -> bool:
    try:
        return "[madvise]" in _ENABLED.read_text()
    except OSError:
        return False
