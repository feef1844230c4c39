"""The convolution whose derivative is our own, against XLA's and its derivatives."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan.ops._convolve import convolve
from tests.helpers import normal

# Another order of at most 8 x 30 products of numbers around 1.
_RTOL_OF_MAX = 2e-6

# Height and width of the kernel, padding of rows and of columns.
_CASES = {
    "1x1": ((1, 1), ((0, 0), (0, 0))),
    "2x2 before": ((2, 2), ((1, 0), (0, 1))),
    "2x2 wide": ((2, 2), ((0, 1), (1, 1))),
    "2x3": ((2, 3), ((0, 0), (2, 0))),
    "3x3": ((3, 3), ((1, 1), (1, 1))),
    "3x3 asymmetric": ((3, 3), ((0, 2), (3, 1))),
    "4x4": ((4, 4), ((2, 1), (0, 3))),
}


def _plain(x, kernel, padding):
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _assert_close(got, want):
    atol = _RTOL_OF_MAX * max(1.0, float(np.abs(want).max()))
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def _arrays(key, *, images=4, places=(5, 6), sides=(3, 3), units=(3, 2)):
    keys = jax.random.split(key)
    x = normal(keys[0], (images, *places, units[0]))
    return x, normal(keys[1], (*sides, *units))


_SAME = ((1, 1), (1, 1))
_same = functools.partial(convolve, padding=_SAME)
_plain_same = functools.partial(_plain, padding=_SAME)


# One image, three groups of two, one of four, two of them.
@pytest.mark.parametrize("images", [1, 6, 4, 8])
@pytest.mark.parametrize("case", _CASES)
def test_value_and_gradients_are_those_of_xla(case, images, new_key):
    sides, padding = _CASES[case]
    # What is gathered and what placed depends on which are more.
    units = (3, 2) if images < 6 else (2, 3)
    x, kernel = _arrays(new_key(), images=images, sides=sides, units=units)
    _check(x, kernel, padding)


def test_large_maps_are_taken_two_at_a_time(new_key):
    _check(*_arrays(new_key(), images=4, places=(64, 64), units=(1, 2)), _SAME)


def _check(x, kernel, padding):

    @functools.partial(jax.jit, static_argnums=0)
    def run(fn, x, kernel):
        value, pull = jax.vjp(lambda x, kernel: fn(x, kernel, padding), x, kernel)
        return value, *pull(jnp.sin(value))

    for got, want in zip(run(convolve, x, kernel), run(_plain, x, kernel), strict=True):
        _assert_close(got, want)


def test_a_tangent_is_what_bilinearity_says(new_key):
    x, kernel = _arrays(new_key())
    dx, dkernel = _arrays(new_key())

    @jax.jit
    def tangents():
        return (
            jax.jvp(lambda x: _same(x, kernel), (x,), (dx,)),
            jax.jvp(lambda kernel: _same(x, kernel), (kernel,), (dkernel,)),
            jax.jvp(_same, (x, kernel), (dx, dkernel)),
        )

    in_x, in_kernel = _plain_same(dx, kernel), _plain_same(x, dkernel)
    wants = (in_x, in_kernel, in_x + in_kernel)
    for (value, tangent), want in zip(tangents(), wants, strict=True):
        _assert_close(value, _plain_same(x, kernel))
        _assert_close(tangent, want)


@pytest.mark.parametrize("argument", [0, 1])
@pytest.mark.parametrize("jacobian", [jax.jacfwd, jax.jacrev])
def test_jacobians_are_those_of_xla(jacobian, argument, new_key):
    x, kernel = _arrays(new_key(), images=1)
    got = jax.jit(jacobian(_same, argnums=argument))(x, kernel)
    _assert_close(got, jax.jit(jax.jacrev(_plain_same, argnums=argument))(x, kernel))


def test_gradients_may_be_mapped(new_key):
    x, kernel = _arrays(new_key(), images=8)
    kernels = jnp.stack([kernel, 2 * kernel, jnp.cos(kernel)])
    groups = x.reshape(2, 4, *x.shape[1:])

    def gradient(fn, x, kernel):
        return jax.grad(lambda kernel: jnp.sin(fn(x, kernel)).sum())(kernel)

    def mapped(fn):
        own = functools.partial(gradient, fn)
        over_images = jax.vmap(own, in_axes=(0, None))(groups, kernel)
        return over_images, jax.vmap(own, in_axes=(None, 0))(x, kernels)

    got, want = (
        jax.jit(functools.partial(mapped, fn))() for fn in (_same, _plain_same)
    )
    for g, w in zip(got, want, strict=True):
        _assert_close(g, w)
    _assert_close(
        got[0][1], jax.jit(functools.partial(gradient, _same))(groups[1], kernel)
    )


@pytest.mark.parametrize("argument", [0, 1])
def test_the_gradient_of_a_gradients_norm_is_that_of_xla(argument, new_key):
    x, kernel = _arrays(new_key())

    def norm(fn, x, kernel):
        inner = lambda *args: jnp.sin(fn(*args)).sum()
        return jnp.square(jax.grad(inner, argnums=argument)(x, kernel)).mean()

    @functools.partial(jax.jit, static_argnums=0)
    def second(fn, x, kernel):
        return jax.grad(functools.partial(norm, fn), argnums=(0, 1))(x, kernel)

    got, want = second(_same, x, kernel), second(_plain_same, x, kernel)
    for g, w in zip(got, want, strict=True):
        _assert_close(g, w)


def test_what_is_not_differentiated_costs_nothing(new_key):
    x, kernel = _arrays(new_key())

    def of_x(x, tangent):
        return jax.jvp(lambda x: _same(x, kernel), (x,), (tangent,))

    gradient = jax.grad(lambda x: _same(x, kernel).sum())
    for text in (
        str(jax.make_jaxpr(of_x)(x, x)),
        str(jax.make_jaxpr(gradient)(x)),
    ):
        assert "conv_general_dilated" in text
        assert "scan" not in text
        assert "while" not in text
    of_kernel = lambda kernel: jax.jvp(lambda k: _same(x, k), (kernel,), (kernel,))
    # One for the value and one for other platforms: none for the tangent of `x`.
    text = str(jax.make_jaxpr(of_kernel)(kernel))
    assert text.count("conv_general_dilated[") == 2


def test_a_cpu_sums_the_kernels_gradient_by_groups_and_others_leave_it_to_xla(new_key):
    x, kernel = _arrays(new_key(), images=8)
    gradient = jax.grad(lambda kernel: jnp.sin(_same(x, kernel)).sum())
    assert "scan[" in str(jax.make_jaxpr(gradient)(kernel))
    traced = jax.jit(gradient).trace(kernel)
    for platform, scans in (("cpu", True), ("tpu", False), ("cuda", False)):
        lowered = traced.lower(lowering_platforms=(platform,)).as_text()
        assert ("stablehlo.while" in lowered) == scans, platform
