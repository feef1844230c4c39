"""Fast forms of the ops against their plain definitions, value and gradient.

In float64, where forms that mean the same differ by rounding alone, and in float32.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from tests.helpers import normal, unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

# Sums of up to 2,048 products in another order: the root of that many roundings, of
# 6e-8 each in float32, is 2.7e-6. Against float64, 6.6e-7 was seen of the plain form
# and 4.3e-7 of fast ones; between two of float32 1.9e-6, on another processor.
_RTOL_OF_MAX = 4e-6
# The same number of roundings of float64, 1e-16 each; 2e-15 was seen.
_RTOL_OF_MAX_IN_FLOAT64 = 1e-14

_OPS = {
    "conv": (ops.conv, (3, 3), ("im2col", "inside", "products", "winograd")),
    "upsample_conv": (ops.upsample_conv, (3, 3), ("phases", "products")),
    "transposed_conv": (ops.transposed_conv, (4, 4), ("phases", "products")),
    "downsample_conv": (ops.downsample_conv, (3, 3), ("squares",)),
    "fir_upsample_conv": (ops.fir_upsample_conv, (3, 3), ("phases",)),
}
# Odd and unequal sides, one pixel, one unit: where padding goes wrong first.
_SHAPES = [(2, 4, 4, 12, 5), (1, 3, 6, 1, 2), (2, 1, 1, 3, 1), (1, 5, 9, 7, 3)]
# Each fast form changes its ways at 128 units out.
_SHAPES += [(1, 3, 2, 4, 128)]
# As many units out as in: one of them works in place.
_SHAPES += [(3, 5, 4, 6, 6)]


def _assert_close(got, want, rtol_of_max=_RTOL_OF_MAX):
    atol = rtol_of_max * float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def _arguments(name, shape, new_key, dtype=jnp.float32):
    images, rows, cols, unit_in, unit_out = shape
    if name == "downsample_conv":
        rows, cols = 2 * rows, 2 * cols
    x = normal(new_key(), (images, rows, cols, unit_in), dtype)
    kernel = normal(new_key(), (*_OPS[name][1], unit_in, unit_out), dtype)
    return x, kernel


@functools.partial(jax.jit, static_argnums=(0, 1))
def _value_and_gradients(name, implementation, x, kernel):
    choice = {"implementation": implementation} if implementation else {}
    value, pull = jax.vjp(functools.partial(_OPS[name][0], **choice), x, kernel)
    weights = normal(7, value.shape, value.dtype)
    return value, *pull(weights)


@pytest.mark.parametrize("shape", _SHAPES, ids=str)
@pytest.mark.parametrize("name", _OPS)
def test_fast_form_equals_reference_in_value_and_gradient(name, shape, new_key):
    arguments = _arguments(name, shape, new_key)
    want = _value_and_gradients(name, "reference", *arguments)
    for implementation in (*_OPS[name][2], None):
        got = _value_and_gradients(name, implementation, *arguments)
        for g, w in zip(got, want, strict=True):
            assert g.shape == w.shape
            _assert_close(g, w)


# The one of unequal sides, and the wide one.
@pytest.mark.parametrize("shape", _SHAPES[3:], ids=str)
@pytest.mark.parametrize("name", _OPS)
def test_fast_form_is_the_reference_but_for_rounding(name, shape, new_key):
    with jax.enable_x64(True):
        arguments = _arguments(name, shape, new_key, jnp.float64)
        want = _value_and_gradients(name, "reference", *arguments)
        for implementation in _OPS[name][2]:
            got = _value_and_gradients(name, implementation, *arguments)
            for g, w in zip(got, want, strict=True):
                assert g.dtype == w.dtype == jnp.float64
                _assert_close(g, w, _RTOL_OF_MAX_IN_FLOAT64)


@pytest.mark.torch
def test_transposed_conv_is_the_one_of_pytorch(new_key):
    import torch

    x = np.asarray(normal(new_key(), (2, 3, 5, 4)))
    weight = np.asarray(normal(new_key(), (4, 6, 4, 4)))
    want = torch.nn.functional.conv_transpose2d(
        torch.tensor(x.transpose(0, 3, 1, 2)),
        torch.tensor(weight),
        stride=2,
        padding=1,
    )
    kernel = weight[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
    got = ops.transposed_conv(jnp.asarray(x), jnp.asarray(kernel))
    _assert_close(got, want.numpy().transpose(0, 2, 3, 1))


def test_squares_are_the_pixels_of_a_square_row_by_row(new_key):
    x = np.asarray(normal(new_key(), (2, 4, 6, 3)))
    want = np.concatenate(
        [x[:, row::2, col::2] for row in (0, 1) for col in (0, 1)], axis=-1
    )
    np.testing.assert_array_equal(ops.squares(jnp.asarray(x)), want)


def test_downsampling_is_the_mean_of_a_square(new_key):
    x = np.asarray(normal(new_key(), (2, 4, 6, 3)))
    pixels = [x[:, row::2, col::2] for row in (0, 1) for col in (0, 1)]
    _assert_close(ops.downsample(jnp.asarray(x)), np.mean(pixels, axis=0))


@pytest.mark.parametrize("implementation", ["reference", "squares"])
def test_downsample_conv_is_the_average_of_xlas_convolution(implementation, new_key):
    x = normal(new_key(), (2, 6, 4, 5))
    kernel = normal(new_key(), (3, 3, 5, 7))
    large = jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    window = (1, 2, 2, 1)
    want = jax.lax.reduce_window(large, 0.0, jax.lax.add, window, window, "VALID") / 4
    _assert_close(ops.downsample_conv(x, kernel, implementation=implementation), want)
    _assert_close(ops.downsample(ops.conv(x, kernel)), want)


@pytest.mark.parametrize("op", [ops.squares, ops.downsample])
def test_an_odd_map_has_no_squares(op):
    for shape in ((3, 4), (4, 5), (1, 1)):
        with pytest.raises(ValueError, match=f"{shape[0]} x {shape[1]} pixels"):
            unchecked(op)(jnp.zeros((1, *shape, 2)))
        with pytest.raises(ValueError, match=f"{shape[0]} x {shape[1]} pixels"):
            ops.downsample_conv(jnp.zeros((1, *shape, 2)), jnp.zeros((3, 3, 2, 2)))


def test_a_one_by_one_convolution_commutes_with_upsampling(new_key):
    x = normal(new_key(), (2, 3, 4, 5))
    kernel = normal(new_key(), (1, 1, 5, 2))
    after = ops.conv(ops.upsample(x), kernel)
    _assert_close(ops.upsample(ops.conv(x, kernel)), after)


@pytest.mark.parametrize("name", _OPS)
def test_what_an_op_cannot_do_is_refused(name):
    op, sides, _ = _OPS[name]
    op = unchecked(op)
    x = jnp.zeros((1, 4, 4, 2))
    with pytest.raises(ValueError, match="refrence"):
        op(x, jnp.zeros((*sides, 2, 2)), implementation="refrence")
    for wrong in ((2, 2), (3, 5), (6, 6)):
        with pytest.raises(ValueError, match="kernel"):
            op(x, jnp.zeros((*wrong, 2, 2)))
