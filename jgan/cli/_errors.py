"""Which errors a user can cause, and how they read without a traceback."""

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

import jax

from jgan import zoo


def message_of(error: Exception) -> str | None:
    """Returns what to tell the user, or None if the error is a bug of jgan."""
    if isinstance(error, OSError) and error.strerror:
        place = "" if error.filename is None else f"{error.filename}: "
        return f"{place}{error.strerror}."
    if isinstance(error, ValueError | OSError | FloatingPointError | zoo.PullError):
        return str(error)
    # XLA has its own error for a machine without enough memory.
    exhausted = str(error).startswith("RESOURCE_EXHAUSTED")
    if isinstance(error, MemoryError) or (
        isinstance(error, jax.errors.JaxRuntimeError) and exhausted
    ):
        return f"There is not enough memory. Ask for less at a time. ({error})"
    return None


@contextlib.contextmanager
def termination_as_exit() -> Iterator[None]:
    """Lets a terminated command clean up what it has begun, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    status = 128 + signal.SIGTERM
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(status))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
