"""That a form of the convolution is XLA's, and so are all its derivatives."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan import ops

# Sums of up to 7 x 7 x 9 products in another order, as in test_ops.
_RTOL_OF_MAX = 4e-6


def _derivatives(implementation, x, kernel):
    """The value, its gradients, and those of the norm of the gradient of `x`."""
    op = functools.partial(ops.conv, implementation=implementation)
    loss = lambda x, kernel: jnp.sin(op(x, kernel)).sum()
    norm = lambda *args: jnp.square(jax.grad(loss)(*args)).mean()
    return (
        op(x, kernel),
        *jax.grad(loss, (0, 1))(x, kernel),
        *jax.grad(norm, (0, 1))(x, kernel),
        jax.jvp(op, (x, kernel), (jnp.cos(x), jnp.cos(kernel)))[1],
    )


def assert_the_convolution(implementation, x, kernel):
    """Compares an implementation with the reference, elementwise."""
    run = jax.jit(_derivatives, static_argnums=0)
    for got, want in zip(
        run(implementation, x, kernel), run("reference", x, kernel), strict=True
    ):
        assert got.shape == want.shape
        atol = _RTOL_OF_MAX * max(1.0, float(np.abs(want).max()))
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)
