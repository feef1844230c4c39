"""Bias and leaky ReLU in one step, as StyleGAN2 ends its layers."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

_SLOPE = 0.2
# Keeps the mean square of a normal activation, nearly. (Karras et al., 2020.)
GAIN = math.sqrt(2)


def bias_leaky_relu(
    x: Float[Array, "image *place unit"],
    bias: Float[Array, " unit"],
    *,
    gain: float = GAIN,
    clamp: float | None = None,
) -> Float[Array, "image *place unit"]:
    """Returns the biased activation, a fifth of it where negative, times `gain`.

    XLA makes one loop of it, and of what comes before and after where that is one for
    each element, so there is no faster form.

    Args:
        x: Activation.
        bias: Added to each unit first.
        gain: Factor after the leaky ReLU.
        clamp: Bound on the size of the result, None for none.
    """
    x = x + bias.astype(x.dtype).reshape((1,) * (x.ndim - 1) + (-1,))
    x = jnp.where(x < 0, _SLOPE * gain * x, gain * x)
    return x if clamp is None else jnp.clip(x, -clamp, clamp)
