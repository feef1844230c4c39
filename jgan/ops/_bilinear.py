"""Convolutions whose derivatives are computed in another form than their value.

A convolution is linear in the activation and in the kernel, so each derivative is a
convolution again. On CPU one form is fast forward and another in reverse: the
derivative in reverse is the transpose of the form that the tangent is given in.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array

Op = Callable[[Array, Array], Array]


def bilinear(value: Op, *, of_x: Op, of_kernel: Op) -> Op:
    """Returns a function of activation and kernel with chosen derivatives.

    All three give the same numbers but for rounding.

    Args:
        value: What is computed forward.
        of_x: Of the activation's tangent and the kernel.
        of_kernel: Of the activation and the kernel's tangent.
    """

    @jax.custom_jvp
    def op(x: Array, kernel: Array) -> Array:
        return value(x, kernel)

    @functools.partial(op.defjvp, symbolic_zeros=True)
    def _(primals, tangents):
        x, kernel = primals
        x_tangent, kernel_tangent = tangents
        y = op(x, kernel)
        y_tangent = jnp.zeros_like(y)
        # What is not differentiated is a symbolic zero and costs nothing.
        if not isinstance(x_tangent, SymbolicZero):
            y_tangent = y_tangent + of_x(x_tangent, kernel)
        if not isinstance(kernel_tangent, SymbolicZero):
            y_tangent = y_tangent + of_kernel(x, kernel_tangent)
        return y, y_tangent

    return op


def on_cpu(fast: Op, otherwise: Op) -> Op:
    """Returns a function that is one on CPU and the other elsewhere."""
    return lambda x, kernel: jax.lax.platform_dependent(
        x, kernel, cpu=fast, default=otherwise
    )
