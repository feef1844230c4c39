"""Memory in huge pages, for commands that train.

XLA takes the buffers of a step from the system anew each time, 160 MB for `eigen64`,
and Linux gives them in pages of 4 KiB as they are touched: a sixth of the step. glibc
asks for pages of 2 MiB where it is told so, which it reads when a process starts.
"""

import os
import pathlib
import sys

_TUNABLES, _HUGE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"
_ENABLED = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


def restart_with_huge_pages() -> None:
    """Starts this process anew with huge pages, where they are to be asked for.

    It keeps its number, arguments and open files. Nothing happens on other systems,
    where Linux gives huge pages to all or to none, or where `GLIBC_TUNABLES` already
    decides.
    """
    tunables = os.environ.get(_TUNABLES, "")
    if _HUGE in tunables or not _on_request():
        return
    os.environ[_TUNABLES] = ":".join(filter(None, (tunables, f"{_HUGE}=1")))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _on_request() -> bool:
    try:
        return "[madvise]" in _ENABLED.read_text()
    except OSError:
        return False
