"""One update by an optimizer of Optax."""

import jax
import optax

from jgan.typing import Params


def follow(
    optimizer: optax.GradientTransformation,
    gradient: Params,
    optimizer_state: optax.OptState,
    params: Params,
) -> tuple[Params, optax.OptState]:
    """Returns the parameters after one update, and the optimizer's state.

    Args:
        optimizer: What makes an update of a gradient.
        gradient: Of the loss.
        optimizer_state: Before.
        params: Before.
    """
    # Optax counts its steps with integers among floats.
    with jax.numpy_dtype_promotion("standard"):
        updates, optimizer_state = optimizer.update(gradient, optimizer_state, params)
        return optax.apply_updates(params, updates), optimizer_state
