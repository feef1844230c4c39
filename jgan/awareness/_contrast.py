"""What sets a class apart from the others, channel by channel."""

import numpy as np
from jaxtyping import Float

from jgan.awareness._scores import Scores


def contrast(
    awareness: Scores,
) -> dict[str, Float[np.ndarray, "class _unit"]]:
    """Returns how much more a channel serves a class than it serves the classes at all.

    Awareness minus its mean over classes, in units of the layer's root mean square of
    that difference. So 0 is a channel that treats the class like the others, and layers
    can be compared; the largest are the most class-specific. All 0 where classes do not
    differ.

    Args:
        awareness: By layer, as `analytic_awareness` gives it. Any activation averaged
            by class will do.
    """
    return {name: _contrast_of(values) for name, values in awareness.items()}


def _contrast_of(
    values: Float[np.ndarray, "class unit"],
) -> Float[np.ndarray, "class unit"]:
    values = np.asarray(values, np.float64)
    difference = values - values.mean(axis=0, keepdims=True)
    scale = np.sqrt(np.mean(np.square(difference)))
    # Awareness is float32: below 1e-6 of its values a difference is only rounding.
    same = scale <= 1e-6 * np.abs(values).max(initial=0.0)
    return np.zeros_like(difference) if same else difference / scale
