"""What a ReLU leaves of a normal variable, with exact limits and derivatives."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, ArrayLike, Float


def rectified_normal_mean(
    gain: Float[Array, "*shape"], bias: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    r"""Returns the mean of ``relu(gain * n + bias)`` over a standard normal `n`.

    With :math:`s = |gain|` it is :math:`bias \, \Phi(bias / s) + s \, \phi(bias / s)`,
    and ``relu(bias)`` at ``gain = 0``. Derivatives are exact there too; at the kink
    ``gain = bias = 0`` they are 0 and 1/2.
    """
    return _mean(jnp.abs(gain), bias)


def rectified_normal_share(
    gain: Float[Array, "*shape"], bias: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    r"""Returns the probability that ``gain * n + bias`` is above zero, `n` normal.

    :math:`\Phi(bias / |gain|)`; at ``gain = 0``, 1 where `bias` is above zero, else 0.
    """
    spread = jnp.abs(gain)
    share = norm.cdf(_ratio(spread, bias))
    return jnp.where(spread == 0, (bias > 0).astype(share.dtype), share)


# Below this many deviations the terms of the formula cancel in float32, at 12 to three
# digits. Eight levels of the fraction are right to 2e-6 there.
_TAIL, _LEVELS = -4.0, 8


# The formula's own derivative divides by `s` squared: NaN in float32 long before 0.
@jax.custom_jvp
def _mean(spread: Array, bias: Array) -> Array:
    ratio = _ratio(spread, bias)
    density = norm.pdf(ratio)
    mean = bias * norm.cdf(ratio) + spread * density
    if ratio.dtype != jnp.float64:
        mean = jnp.where(ratio < _TAIL, spread * density * _remainder(-ratio), mean)
    return jnp.where(spread == 0, jax.nn.relu(bias), jnp.maximum(mean, 0))


def _remainder(x: Array) -> Array:
    """Returns ``1 - x Q(x) / phi(x)`` of the upper tail of a normal variable, x > 0.

    By the continued fraction of Mills' ratio, ``1 / (x + 1 / (x + 2 / (x + ...)))``
    (Abramowitz & Stegun, 1964, 26.2.14), in which nothing cancels.
    """
    x = jnp.maximum(x, -_TAIL)
    below = x
    for level in range(_LEVELS, 1, -1):
        below = x + level / below
    return 1 / (below * x + 1)


@_mean.defjvp
def _mean_jvp(primals: Sequence[ArrayLike], tangents: Sequence[ArrayLike]):
    spread, bias = map(jnp.asarray, primals)
    ratio = _ratio(spread, bias)
    spread_tangent, bias_tangent = tangents
    tangent = norm.pdf(ratio) * spread_tangent + norm.cdf(ratio) * bias_tangent
    return _mean(spread, bias), tangent


def _ratio(spread: Array, bias: Array) -> Array:
    # Beyond 40 deviations the cumulative distribution is 0 or 1 even in float64.
    # A gain that is NaN is not 0, and must be seen.
    safe = jnp.where(spread == 0, 1, spread)
    limit = jnp.where(bias == 0, 0, jnp.copysign(40.0, bias).astype(bias.dtype))
    return jnp.where(spread == 0, limit, jnp.clip(bias / safe, -40, 40))
