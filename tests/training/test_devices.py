"""Two devices give what one gives. In a process of its own, with two CPU devices."""

import pytest

from tests.helpers import told_on_two_devices


@pytest.fixture(scope="module")
def compared():
    """How far two devices are from one, by precision."""
    return told_on_two_devices("tests.training.two_devices")


def test_gradients_of_one_step_agree_to_rounding(compared):
    # Sums over images and pixels in another order.
    result = compared["float32"]
    assert result["devices"] == 2
    assert result["gradient_difference"] < 1e-4
    assert result["cancelled"] < 1e-6


def test_five_steps_in_float64_agree(compared):
    result = compared["float64"]
    assert result["devices"] == 2
    assert result["state_difference"] < 1e-9
