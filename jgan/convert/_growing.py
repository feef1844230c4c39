"""Networks that grow while they are trained, and are converted when they have grown."""

from collections.abc import Mapping

import numpy as np

from jgan.convert._rules import ConversionError


def check_grown(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Refuses a network that was still growing.

    Args:
        arrays: The state dict.
        name: Of the array that says how many doublings are to come. It may be missing.

    Raises:
        ConversionError: If it is not 0.
    """
    level = arrays.get(name)
    if level is not None and np.any(level != 0):  # NaN too.
        raise ConversionError(
            f"{name} is {level}: the generator was still growing, and its last layers "
            "had no full part in its images. Convert a checkpoint of a later step, "
            f"where {name} is 0."
        )
