"""The form for small maps needs room for few of the kernel's matrices at a time."""

import jax
import jax.numpy as jnp
import pytest

from jgan import ops
from tests.helpers import normal

_UNITS = 64


@pytest.mark.parametrize("side", [3, 5])
def test_matrices_are_not_all_copied_at_once(side, new_key):
    x = normal(new_key(), (2, 4, 4, _UNITS))
    kernel = normal(new_key(), (side, side, _UNITS, _UNITS))
    conv = jax.jit(lambda x, kernel: ops.conv(x, kernel, implementation="inside"))
    needed = conv.lower(x, kernel).compile().memory_analysis().temp_size_in_bytes
    # What each place adds is as large as a quarter of its matrix. Copied one and all,
    # the matrices alone are as much as the kernel.
    assert needed < 0.75 * kernel.nbytes


def test_infinite_activation_stays_in_its_neighborhood(new_key):
    x = normal(new_key(), (1, 4, 4, 3)).at[0, 0, 0, 0].set(jnp.inf)
    kernel = jnp.abs(normal(new_key(), (3, 3, 3, 2)))
    convolved = ops.conv(x, kernel, implementation="inside")
    reached = jnp.isinf(convolved).any(axis=(0, 3))
    assert reached.tolist() == [
        [row < 2 and col < 2 for col in range(4)] for row in range(4)
    ]
    assert not jnp.isnan(convolved).any()
