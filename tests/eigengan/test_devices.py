"""Two devices give what one gives. In a process of its own, with two CPU devices."""

from tests.helpers import told_on_two_devices


def test_two_devices_take_the_step_of_one():
    told = told_on_two_devices("tests.eigengan.two_devices")
    assert told["devices"] == 2
    # Sums in another order, in float64: of three steps, Adam's first among them, which
    # makes a gradient of any size a move of the same.
    assert told["difference"] < 1e-9
