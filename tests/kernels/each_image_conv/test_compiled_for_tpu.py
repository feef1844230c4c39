"""The kernel compiles for a TPU v5e: every shape tested, and the largest it takes."""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan import ops
from tests import tpu
from tests.kernels.each_image_conv.test_each_image_conv import SHAPES

pytestmark = tpu.MARKS

# Those of a generator of 1024 pixels, and what fills the memory of the chip: rows, and
# weights.
_LARGE = [
    (1024, 1024, 32, 32),
    (512, 512, 64, 64),
    (256, 256, 128, 128),
    (128, 128, 256, 256),
    (4, 2048, 64, 64),
    (1, 128, 400, 400),
]


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("sizes", [*SHAPES, *_LARGE], ids=str)
def test_a_modulated_convolution_compiles_to_it(sizes, dtype):
    rows, cols, units_in, units_out = sizes
    there = jax.sharding.SingleDeviceSharding(tpu.devices()[0])
    shape = functools.partial(jax.ShapeDtypeStruct, sharding=there)
    inputs = (
        shape((2, rows, cols, units_in), dtype),
        shape((3, 3, units_in, units_out), jnp.float32),
        shape((2, units_in), jnp.float32),
    )
    compiled = jax.jit(ops.modulated_conv).lower(*inputs).compile()
    assert "tpu_custom_call" in compiled.as_text()
