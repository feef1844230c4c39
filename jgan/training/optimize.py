"""One update by an optimizer of Optax, and how long an average of updates is."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float

from jgan.typing import Params


def ramped(decay: float, done: Float[ArrayLike, ""]) -> Float[Array, ""]:
    """Returns the decay of a moving average after some updates: short after few.

    At the full decay an average would be of where it started for as many updates as it
    is long. This one is as long as a ninth of the updates, until that is its length.

    Args:
        decay: At most.
        done: Updates before this one.
    """
    return jnp.minimum(decay, (1 + done) / (10 + done))


def follow(
    optimizer: optax.GradientTransformation,
    gradient: Params,
    optimizer_state: optax.OptState,
    params: Params,
    *,
    longest: float | None = None,
) -> tuple[Params, optax.OptState]:
    """Returns the parameters after one update, and the optimizer's state.

    Args:
        optimizer: What makes an update of a gradient.
        gradient: Of the loss.
        optimizer_state: Before.
        params: Before.
        longest: Root mean square of an array's update, to which longer ones are
            shortened, as Wortsman et al. (2023) do: where a gradient is many times
            what Adam has seen, so is its step. None leaves them.
    """
    # Optax counts its steps with integers among floats.
    with jax.numpy_dtype_promotion("standard"):
        updates, optimizer_state = optimizer.update(gradient, optimizer_state, params)
        if longest is not None:
            clip = optax.clip_by_block_rms(longest)
            updates, _ = clip.update(updates, clip.init(params))
        return optax.apply_updates(params, updates), optimizer_state
