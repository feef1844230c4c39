"""The kernel compiles for a TPU v5e: every shape tested, and the largest it takes."""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan import ops
from tests import tpu
from tests.kernels.overlap_counts.test_overlap_counts import SHAPES

pytestmark = tpu.MARKS


def _compiled(maps, units, labels, *, concepts, dtype=jnp.float32):
    there = jax.sharding.SingleDeviceSharding(tpu.devices()[0])
    shape = functools.partial(jax.ShapeDtypeStruct, sharding=there)
    # Several images, as a kernel works on one while it gets the next.
    inputs = (
        shape((3, *maps, units), dtype),
        shape((units,), jnp.float32),
        shape((3, *labels), jnp.int32),
    )
    # It is chosen where it says that it fits.
    count = functools.partial(ops.overlap_counts, num_concepts=concepts)
    return jax.jit(count).lower(*inputs).compile().as_text()


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_every_shape_compiles(sizes, dtype):
    maps, labels = sizes
    text = _compiled(maps, 5, (*labels, 2), concepts=6, dtype=dtype)
    assert "tpu_custom_call" in text


@pytest.mark.parametrize(
    ("maps", "units", "labels", "concepts"),
    [
        # In blocks of 2^20, 2^20 and 2^19 numbers; labels and concepts fill the rest.
        ((64, 64), 512, (512, 1024, 1), 495),
        ((90, 90), 128, (512, 1024, 1), 495),
        ((32, 32), 512, (1024, 1024, 1), 495),
    ],
)
def test_the_largest_of_everything_compiles(maps, units, labels, concepts):
    text = _compiled(maps, units, labels, concepts=concepts)
    assert "tpu_custom_call" in text
