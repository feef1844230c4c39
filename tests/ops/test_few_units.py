"""Large kernels to and from few units, against XLA's convolution; derivatives too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from tests.helpers import normal, unchecked
from tests.ops.derivatives import assert_the_convolution

pytestmark = pytest.mark.usefixtures("unoptimized")

# Few units in, out, both; a map smaller than the kernel, and an odd one; ten images,
# of which four are taken at once.
_UNITS = [(9, 3), (3, 9), (2, 4)]
_SIDES = [(2, 2), (7, 6)]


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("sides", _SIDES, ids=str)
@pytest.mark.parametrize("units", _UNITS, ids=str)
def test_pairs_are_the_convolution_and_all_its_derivatives(units, sides, side, new_key):
    x = normal(new_key(), (10, *sides, units[0]))
    # Sums of about 1.
    kernel = normal(new_key(), (side, side, *units)) / (side * units[0] ** 0.5)
    assert_the_convolution("pairs", x, kernel)


def test_the_layers_to_and_from_rgb_take_pairs(new_key):
    for units, wide in (((16, 3), "[7,1,32,24]"), ((3, 16), "[7,4,6,32]")):
        x = normal(new_key(), (1, 10, 10, units[0]))
        kernel = normal(new_key(), (7, 7, *units))
        assert wide in str(jax.make_jaxpr(ops.conv)(x, kernel))


def test_odd_maps_are_refused_by_name_and_taken_without():
    x, kernel = jnp.ones((1, 6, 5, 2)), jnp.ones((5, 5, 2, 1))
    with pytest.raises(ValueError, match="5 columns; for pairs they are even"):
        unchecked(ops.conv)(x, kernel, implementation="pairs")
    np.testing.assert_allclose(
        ops.conv(x, kernel), ops.conv(x, kernel, implementation="reference")
    )
