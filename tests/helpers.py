"""What several tests share."""

import inspect

# For processes that compare runs of one program, which then compiles in half the time.
UNOPTIMIZED = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}


def unchecked(function):
    """The function without the type checks of the tests, as users call it."""
    return inspect.unwrap(function)
