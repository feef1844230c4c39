"""In a loop, gradients are convolutions in the form that XLA on CPU has fast.

Others take up to ten times as long there: a program that optimizes latents is a loop.
"""

import functools

import jax
import jax.numpy as jnp
import pytest

from jgan import ops
from jgan.ops._xla_conv import turned_xla_conv, xla_conv
from tests.helpers import FAST_FORM, conv_forms, normal

_OPS = {
    "same": (ops.conv, (3, 3, 8, 8)),
    "few out": (ops.conv, (7, 7, 8, 3)),
    "up": (functools.partial(ops.transposed_conv_3x3, padding="pytorch"), (3, 3, 8, 8)),
    "up 4 x 4": (ops.transposed_conv, (4, 4, 8, 8)),
}


def _descended(op, x, kernel):
    def step(x, _):
        y, pull = jax.vjp(lambda x: op(x, kernel), x)
        return x - pull(jnp.sin(y))[0], None

    return jax.lax.scan(step, x, length=3)[0]


def _forms(op, x, kernel) -> set[str]:
    return conv_forms(functools.partial(_descended, op), x, kernel)


@pytest.mark.parametrize("name", _OPS)
def test_gradients_of_the_activation_are_fast_in_a_loop(name, new_key):
    op, shape = _OPS[name]
    # Of 8 x 8 pixels and more, which no other form than a convolution takes.
    x = normal(new_key(), (2, 8, 8, shape[2]))
    assert _forms(op, x, normal(new_key(), shape)) == {FAST_FORM}


def test_xlas_own_gradient_would_not_be(new_key):
    x, kernel = normal(new_key(), (2, 8, 8, 4)), normal(new_key(), (3, 3, 4, 4))
    plain = functools.partial(xla_conv, padding=((1, 1), (1, 1)))
    assert _forms(plain, x, kernel) != {FAST_FORM}


@pytest.mark.parametrize(
    "options",
    [
        {"padding": ((1, 1), (1, 1))},
        {"padding": ((0, 2), (3, 1))},
        {"padding": ((2, 1), (1, 2)), "spread": 2},
    ],
    ids=str,
)
def test_the_turned_form_is_the_same_convolution(options, new_key):
    x, kernel = normal(new_key(), (2, 5, 6, 3)), normal(new_key(), (3, 3, 3, 5))
    want = xla_conv(x, kernel, **options)
    got = turned_xla_conv(x, kernel, **options)
    # The kernel is turned twice: the same products in the same order.
    assert jnp.array_equal(got, want)
