"""Scores of channels: one number for each class and channel, by layer."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

# Awareness, contrast of it, or any activation averaged by class.
Scores = Mapping[str, Float[np.ndarray, "class _unit"]]


def check_ranked(name: str, scores: Float[np.ndarray, "class unit"]) -> None:
    """Refuses scores of a layer that cannot be ranked.

    Raises:
        ValueError: If one is NaN.
    """
    wrong = np.argwhere(np.isnan(scores))
    if len(wrong):
        label, channel = wrong[0]
        raise ValueError(
            f"Scores of {name} are NaN, which has no rank, {len(wrong)} of them, the "
            f"first of class {label} and channel {channel}. Leave the layer out."
        )
