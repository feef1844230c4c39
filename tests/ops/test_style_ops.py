"""Ops of style-based generators: fast forms, plain ones, and the same in PyTorch."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from tests.helpers import normal, unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

# As in test_ops: sums of a few hundred products in another order.
_RTOL_OF_MAX = 4e-6
_FAST = {ops.fir_upsample: "phases", ops.fir_downsample: "phases"}


def _assert_close(got, want, rtol_of_max=_RTOL_OF_MAX):
    want = np.asarray(want)
    atol = rtol_of_max * float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def _value_and_gradients(function, *arguments):
    value, pull = jax.vjp(function, *arguments)
    weights = normal(7, value.shape, value.dtype)
    return value, *pull(weights)


@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (1, 2, 2, 1), (1, 8, 2, 5)], ids=str)
@pytest.mark.parametrize("op", _FAST, ids=["up", "down"])
def test_fast_resampling_equals_reference_in_value_and_gradient(op, shape, new_key):
    x = normal(new_key(), shape)
    got, want = (
        _value_and_gradients(functools.partial(op, implementation=name), x)
        for name in (_FAST[op], "reference")
    )
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        _assert_close(g, w)


@pytest.mark.parametrize("demodulate", [True, False], ids=["demodulated", "plain"])
@pytest.mark.parametrize("upsample", [True, False], ids=["up", "same"])
@pytest.mark.parametrize("side", [1, 3])
def test_scaled_maps_equal_kernels_of_each_image(demodulate, upsample, side, new_key):
    if upsample and side == 1:
        return
    x = normal(new_key(), (3, 4, 5, 6))
    kernel = normal(new_key(), (side, side, 6, 7))
    # Of either sign, and one image whose style is all but zero.
    style = normal(new_key(), (3, 6)).at[1].multiply(1e-3)
    got, want = (
        _value_and_gradients(
            functools.partial(
                ops.modulated_conv,
                demodulate=demodulate,
                upsample=upsample,
                implementation=name,
            ),
            x,
            kernel,
            style,
        )
        for name in ("scaled", "reference")
    )
    for g, w in zip(got, want, strict=True):
        assert g.shape == w.shape
        for image in range(len(g)):
            # The gradient of a tiny style is a thousand times that of the others.
            _assert_close(g[image], w[image], 2e-5)


def test_a_style_of_zero_gives_zero_and_no_nan(new_key):
    x = normal(new_key(), (1, 4, 4, 3))
    kernel = normal(new_key(), (3, 3, 3, 2))
    y, *gradients = _value_and_gradients(
        ops.modulated_conv, x, kernel, jnp.zeros((1, 3))
    )
    np.testing.assert_array_equal(y, 0.0)
    assert all(bool(jnp.all(jnp.isfinite(g))) for g in gradients)


@pytest.mark.torch
def test_upsampling_convolution_is_the_one_of_pytorch_and_a_filter(new_key):
    import torch

    x = np.asarray(normal(new_key(), (2, 3, 5, 4)))
    kernel = np.asarray(normal(new_key(), (3, 3, 4, 6)))
    spread = torch.nn.functional.conv_transpose2d(
        torch.tensor(x.transpose(0, 3, 1, 2)),
        torch.tensor(kernel.transpose(2, 3, 0, 1).copy()),
        stride=2,
    )
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    each = (taps[:, None] * taps[None, :]).expand(6, 1, 4, 4)
    want = torch.nn.functional.conv2d(spread, each, padding=1, groups=6)
    got = ops.fir_upsample_conv(jnp.asarray(x), jnp.asarray(kernel))
    _assert_close(got, want.numpy().transpose(0, 2, 3, 1))


@pytest.mark.torch
@pytest.mark.parametrize("clamp", [None, 0.5])
def test_bias_and_leaky_relu_are_those_of_pytorch(clamp, new_key):
    import torch

    x = np.asarray(normal(new_key(), (2, 3, 3, 4)))
    bias = np.asarray(normal(new_key(), (4,)))
    leaves = torch.tensor(x, requires_grad=True), torch.tensor(bias, requires_grad=True)
    want = torch.nn.functional.leaky_relu(leaves[0] + leaves[1], 0.2) * 2**0.5
    want = want if clamp is None else want.clamp(-clamp, clamp)
    weights = np.asarray(normal(7, x.shape))
    gradients = torch.autograd.grad(want, leaves, torch.tensor(weights))
    got = _value_and_gradients(
        functools.partial(ops.bias_leaky_relu, clamp=clamp),
        jnp.asarray(x),
        jnp.asarray(bias),
    )
    for g, w in zip(got, (want, *gradients), strict=True):
        _assert_close(g, w.detach().numpy())


def test_constant_maps_stay_constant_inside(new_key):
    x = jnp.ones((1, 6, 6, 2))
    np.testing.assert_allclose(ops.fir_upsample(x)[:, 2:-2, 2:-2], 1.0, rtol=1e-6)
    np.testing.assert_allclose(ops.fir_downsample(x)[:, 1:-1, 1:-1], 1.0, rtol=1e-6)


_MAP, _KERNEL = jnp.ones((1, 4, 4, 2)), jnp.ones((3, 3, 2, 2))


@pytest.mark.parametrize(
    ("op", "arguments", "complaint"),
    [
        (ops.fir_upsample, (_MAP,), "'fast'"),
        (ops.fir_downsample, (_MAP,), "'fast'"),
        (ops.fir_upsample_conv, (_MAP, _KERNEL), "'fast'"),
        (ops.modulated_conv, (_MAP, _KERNEL, jnp.ones((1, 2))), "'fast'"),
    ],
)
def test_an_unknown_implementation_is_refused(op, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        unchecked(op)(*arguments, implementation="fast")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="3 x 4 pixels; both"):
        unchecked(ops.fir_downsample)(_MAP[:, 1:])
    with pytest.raises(ValueError, match="not 3 x 3"):
        unchecked(ops.fir_upsample_conv)(_MAP, _KERNEL[1:])
