"""When convolutions take Winograd's form, and how well it rounds."""

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from tests.helpers import normal


def _lowered(platform, *, side=16, units=(128, 128), kernel_side=3, dtype=jnp.float32):
    x = jax.ShapeDtypeStruct((2, side, side, units[0]), dtype)
    kernel = jax.ShapeDtypeStruct((kernel_side, kernel_side, *units), dtype)
    exported = jax.export.export(jax.jit(ops.conv), platforms=(platform,))(x, kernel)
    text = exported.mlir_module()
    return text.count("stablehlo.dot_general"), text.count("stablehlo.convolution")


def test_it_is_taken_on_cpu_alone():
    assert _lowered("cpu") == (16, 0)
    for platform in ("tpu", "cuda"):
        assert _lowered(platform) == (0, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"side": 15},
        {"units": (127, 128)},
        {"units": (128, 127)},
        {"kernel_side": 5},
        {"dtype": jnp.bfloat16},
    ],
    ids=str,
)
def test_small_and_other_convolutions_stay_as_they_are(other):
    assert _lowered("cpu", **other) == (0, 1)


def test_another_form_upsamples_on_a_tpu():
    x = jax.ShapeDtypeStruct((1, 8, 8, 4), jnp.float32)
    kernel = jax.ShapeDtypeStruct((3, 3, 4, 5), jnp.float32)
    jitted = jax.jit(ops.fir_upsample_conv)
    found = {
        platform: jax.export.export(jitted, platforms=(platform,))(x, kernel)
        .mlir_module()
        .count("stablehlo.convolution")
        for platform in ("cpu", "cuda", "tpu")
    }
    # One is the filter.
    assert found == {"cpu": 3, "cuda": 3, "tpu": 2}


def test_it_rounds_no_worse_than_xlas(new_key):
    # Of leaky units: an offset that all pixels have is what its differences could lose.
    x = jax.nn.leaky_relu(normal(new_key(), (1, 16, 16, 128)), 0.2)
    kernel = normal(new_key(), (3, 3, 128, 128))
    with jax.enable_x64(True):
        exact = np.asarray(
            ops.conv(
                x.astype(jnp.float64),
                kernel.astype(jnp.float64),
                implementation="reference",
            )
        )

    def error(implementation):
        y = ops.conv(x, kernel, implementation=implementation)
        return np.abs(y - exact).max() / np.abs(exact).max()

    assert error("winograd") <= error("reference")
    # 5e-7 was seen; sums of 384 products of 6e-8 each.
    assert error("winograd") < 1.2e-6


def test_an_image_is_the_same_bits_alone(new_key):
    x = normal(new_key(), (3, 16, 16, 128))
    kernel = normal(new_key(), (3, 3, 128, 128))
    together = ops.conv(x, kernel)
    for i in range(3):
        np.testing.assert_array_equal(ops.conv(x[i : i + 1], kernel)[0], together[i])


def test_another_kernel_is_refused():
    x = jnp.zeros((1, 16, 16, 2))
    with pytest.raises(ValueError, match="5 x 5; Winograd's form takes 3 x 3"):
        ops.conv(x, jnp.zeros((5, 5, 2, 2)), implementation="winograd")
