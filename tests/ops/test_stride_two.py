"""Convolutions of stride 2 against XLA's, TensorFlow's and PyTorch's; gradients too."""

import functools
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jgan import ops
from tests.helpers import normal, unchecked

pytestmark = pytest.mark.usefixtures("unoptimized")

_OPS = {"up": ops.transposed_conv_3x3, "down": ops.strided_conv_3x3}
_PADDINGS = ("tensorflow", "pytorch")
# Two groups; unequal sides, one pixel and one unit, where padding goes wrong first.
_SHAPES = [
    (8, 3, 2, 2, 3),
    (2, 4, 4, 6, 5),
    (1, 3, 6, 1, 2),
    (2, 1, 1, 3, 1),
    (3, 5, 2, 7, 7),
]
# As tests/ops/test_ops.py: roundings of sums in another order.
_RTOL_OF_MAX = 4e-6
_GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "tensorflow_convs.npz"


def _assert_close(got, want, rtol_of_max=_RTOL_OF_MAX):
    atol = rtol_of_max * float(np.abs(want).max())
    np.testing.assert_allclose(got, want, rtol=0, atol=atol)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _value_and_gradients(name, padding, implementation, x, kernel):
    options = {"padding": padding, "implementation": implementation}
    value, pull = jax.vjp(functools.partial(_OPS[name], **options), x, kernel)
    return value, *pull(normal(7, value.shape, value.dtype))


@pytest.mark.parametrize("shape", _SHAPES, ids=str)
@pytest.mark.parametrize("padding", _PADDINGS)
@pytest.mark.parametrize("name", _OPS)
def test_products_equal_xlas_convolution(name, padding, shape, new_key):
    images, rows, cols, unit_in, unit_out = shape
    if name == "down":
        rows, cols = 2 * rows, 2 * cols
    x = normal(new_key(), (images, rows, cols, unit_in))
    kernel = normal(new_key(), (3, 3, unit_in, unit_out))
    want = _value_and_gradients(name, padding, "reference", x, kernel)
    for implementation in ("products", None):
        got = _value_and_gradients(name, padding, implementation, x, kernel)
        for g, w in zip(got, want, strict=True):
            assert g.shape == w.shape
            _assert_close(g, w)


@pytest.mark.parametrize("argument", [0, 1])
@pytest.mark.parametrize("name", _OPS)
def test_the_gradient_of_a_gradients_norm_is_that_of_xla(name, argument, new_key):
    x = normal(new_key(), (2, 4, 6, 3))
    kernel = normal(new_key(), (3, 3, 3, 5))

    def norm(op, x, kernel):
        inner = lambda *args: jnp.sin(op(*args)).sum()
        return jnp.square(jax.grad(inner, argnums=argument)(x, kernel)).mean()

    @functools.partial(jax.jit, static_argnums=0)
    def second(implementation, x, kernel):
        op = functools.partial(
            _OPS[name], padding="tensorflow", implementation=implementation
        )
        return jax.grad(functools.partial(norm, op), argnums=(0, 1))(x, kernel)

    for got, want in zip(
        second(None, x, kernel), second("reference", x, kernel), strict=True
    ):
        _assert_close(got, want)


@pytest.mark.parametrize("implementation", ["reference", "products", None])
@pytest.mark.parametrize("name", ["up", "down", "same"])
def test_tensorflow_padding_is_tensorflows(name, implementation):
    with np.load(_GOLDEN) as golden:
        x, kernel, want = (golden[f"{name}/{part}"] for part in ("x", "kernel", "y"))
    if name == "same":
        got = ops.conv(jnp.asarray(x), jnp.asarray(kernel))
    else:
        if name == "up":
            # Rows, columns, units out, units in, for a scatter.
            kernel = kernel[::-1, ::-1].transpose(0, 1, 3, 2)
        got = _OPS[name](
            jnp.asarray(x),
            jnp.asarray(kernel),
            padding="tensorflow",
            implementation=implementation,
        )
    # Of outputs of about 1: 4e-7 was seen.
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)


@pytest.mark.torch
def test_pytorch_padding_is_pytorchs(new_key):
    import torch

    x = np.asarray(normal(new_key(), (2, 4, 6, 3)))
    weight = np.asarray(normal(new_key(), (3, 5, 3, 3)))
    first = torch.tensor(x.transpose(0, 3, 1, 2))
    want = torch.nn.functional.conv_transpose2d(
        first, torch.tensor(weight), stride=2, padding=1, output_padding=1
    )
    kernel = jnp.asarray(weight[:, :, ::-1, ::-1].transpose(2, 3, 0, 1))
    got = ops.transposed_conv_3x3(jnp.asarray(x), kernel, padding="pytorch")
    _assert_close(got, want.numpy().transpose(0, 2, 3, 1))
    down = torch.tensor(weight.transpose(1, 0, 2, 3))
    want = torch.nn.functional.conv2d(first, down, stride=2, padding=1)
    kernel = jnp.asarray(weight.transpose(2, 3, 0, 1))
    got = ops.strided_conv_3x3(jnp.asarray(x), kernel, padding="pytorch")
    _assert_close(got, want.numpy().transpose(0, 2, 3, 1))


@pytest.mark.parametrize("name", _OPS)
def test_what_cannot_be_done_is_refused(name):
    op, x = unchecked(_OPS[name]), jnp.zeros((1, 4, 4, 2))
    kernel = jnp.zeros((3, 3, 2, 2))
    with pytest.raises(ValueError, match="refrence"):
        op(x, kernel, padding="pytorch", implementation="refrence")
    with pytest.raises(ValueError, match="no padding 'SAME'"):
        op(x, kernel, padding="SAME")
    for wrong in ((2, 2), (3, 5), (4, 4)):
        with pytest.raises(ValueError, match="not 3 x 3"):
            op(x, jnp.zeros((*wrong, 2, 2)), padding="pytorch")


def test_an_odd_map_is_not_halved():
    kernel = jnp.zeros((3, 3, 2, 2))
    for rows, cols in ((3, 4), (4, 5)):
        with pytest.raises(ValueError, match=f"{rows} x {cols} pixels"):
            unchecked(ops.strided_conv_3x3)(
                jnp.zeros((1, rows, cols, 2)), kernel, padding="pytorch"
            )
