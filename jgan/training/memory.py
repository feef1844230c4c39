"""Memory of this process that one step of a training hands on to the next.

The C library of Linux gives blocks above 32 MiB back to the system as soon as they are
freed, and takes new ones for the next step, which the system first fills with zeros. A
step frees and takes dozens: with two cores a fifth of its time went there.
"""

import contextlib
import ctypes

# Of glibc's malloc.h: blocks that are mapped one by one; memory that is given back from
# the end of the heap; and heaps, of which all but the first are small.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8


def keep_memory() -> None:
    """Keeps what is freed for what comes next, until this process ends.

    To be called before JAX is used. Where the C library is not glibc, or the program
    has its own `malloc`, it does nothing.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_MAX, 0)
        # Never: the number is taken as one without a sign.
        mallopt(_TRIM_THRESHOLD, -1)
        mallopt(_ARENA_MAX, 1)
