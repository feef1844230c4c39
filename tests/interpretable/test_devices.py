"""Two devices give what one gives. In a process of its own, with two CPU devices."""

from tests.helpers import told_on_two_devices


def test_two_devices_take_the_step_of_one():
    told = told_on_two_devices("tests.interpretable.two_devices")
    assert told["devices"] == 2
    # In three steps, each group was swapped.
    assert min(told["swaps"]) > 0.1
    # The generator works in float32: 1.4e-5 measured, of an energy.
    assert told["difference"] < 1e-4
