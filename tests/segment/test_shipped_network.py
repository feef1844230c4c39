"""The shipped network against its bounds, on 4,000 scenes it never saw."""

import jax
import pytest

from jgan.segment.scenes import evaluate
from jgan.segment.scenes.factors import FACTOR_NAMES


@pytest.mark.slow
def test_the_shipped_network_reads_4000_scenes(network):
    figures = evaluate(network, num_images=4000, key=jax.random.key(2025))
    assert figures.mean_iou >= 0.90
    assert figures.class_accuracy >= 0.98
    assert set(figures.r2) == set(FACTOR_NAMES)
    held = ("horizon", "brightness", "sun_x", "sun_y", "house_x", "house_base")
    low = {name: figures.r2[name] for name in held if not figures.r2[name] >= 0.8}
    assert not low
    # Doors and windows are 3 to 5 pixels wide: every edge has to be exact.
    assert min(figures.iou.values()) >= 0.85
