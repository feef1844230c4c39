"""One update by an optimizer of Optax."""

import jax
import optax

from jgan.typing import Params


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
