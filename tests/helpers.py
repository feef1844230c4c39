"""What several tests share."""

import inspect


def unchecked(function):
    """The function without the type checks of the tests, as users call it."""
    return inspect.unwrap(function)
