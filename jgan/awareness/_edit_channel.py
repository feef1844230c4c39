"""Editing one channel: add to it or multiply it, by many strengths at once.

He et al. (2022) edit single channels after their ReLU in both ways and with both signs,
and do not publish strengths: their unit is jgan reconstruction.
"""

import functools
from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan
from jgan.taps import Affine, Replace, unit_mask
from jgan.typing import Activation, Images

Operation = Literal["add", "multiply"]


def sweep_channel(
    gan: Gan,
    latents: Any,
    *,
    layer: str,
    channel: int | Int[Array, ""],
    strengths: Float[ArrayLike, " strength"] | Sequence[float],
    operation: Operation = "add",
    rms: ArrayLike = 1.0,
) -> Float[Array, "strength image row col 3"]:
    """Returns the images with one channel edited everywhere, for each strength.

    One program, in which only the layers after the edit run once for each strength.
    Other channels and strengths are data and not traced again. No ReLU follows the
    edit, so a channel may become negative.

    Args:
        gan: Any generator.
        latents: Of the images.
        layer: Where, a name of ``gan.layers``.
        channel: Which.
        strengths: To add, in units of `rms`; 0 changes nothing. Or to multiply by: 1
            changes nothing, 0 turns the channel off, below 0 turns it over. What
            changes nothing gives the same images for every channel, bit for bit.
        operation: ``"add"`` or ``"multiply"``.
        rms: What strength 1 adds: the channel's root mean square from `channel_rms`, so
            that 1 is as much as the channel usually has. By default the activation's
            own unit.

    Raises:
        ValueError: If there is no such layer, channel or operation, or `strengths` is
            not a list. A traced channel is not checked.
    """
    check_edit(gan, (layer,), operation)
    units = gan.layers[layer].units
    if not isinstance(channel, jax.core.Tracer):
        is_number = np.ndim(channel) == 0 and np.asarray(channel).dtype.kind in "iu"
        if not is_number or not 0 <= channel < units:
            raise ValueError(f"channel is {channel}; {layer} has 0..{units - 1}.")
    if np.ndim(strengths) != 1:
        raise ValueError(f"strengths is {strengths}; give a list of numbers.")
    return _sweep(
        gan,
        latents,
        jnp.asarray(channel, jnp.int32),
        jnp.asarray(strengths, jnp.float32),
        jnp.asarray(rms, jnp.float32),
        layer=layer,
        operation=operation,
    )


@functools.partial(jax.jit, static_argnames=("layer", "operation"))
def _sweep(gan, latents, channel, strengths, rms, *, layer, operation):
    _, taps = gan.forward(gan.params, latents, None)
    edited = functools.partial(
        edited_images, gan, latents, layer, taps[layer], operation, rms, channel
    )
    return jax.vmap(edited)(strengths)


def edited_images(
    gan: Gan,
    latents: Any,
    layer: str,
    activation: Activation,
    operation: Operation,
    rms: Float[Array, ""],
    channel: Int[Array, ""],
    strength: Float[Array, ""],
) -> Images:
    """Returns the images of an activation with a channel edited."""
    mask = unit_mask(channel, num_units=activation.shape[-1])
    adds = operation == "add"
    edit = Affine(mask, 1.0, strength * rms) if adds else Affine(mask, strength, 0.0)
    edits = {layer: (Replace(activation), edit)}
    return gan.forward(gan.params, latents, edits)[0]


def check_edit(gan: Gan, layers: Sequence[str], operation: str) -> None:
    """Refuses layers and operations that do not exist.

    Raises:
        ValueError: If one does not.
    """
    stats.check_layers(gan, layers)
    if operation not in ("add", "multiply"):
        raise ValueError(f"operation is {operation!r}; give 'add' or 'multiply'.")


def channel_rms(
    gan: Gan,
    layers: Sequence[str],
    *,
    num_images: int,
    batch_size: int = 32,
    key: PRNGKeyArray,
) -> dict[str, Float[np.ndarray, " _unit"]]:
    """Returns the root mean square of each channel over images and pixels, by layer.

    Over images of all classes: a channel that one class leaves at 0 can be added to its
    images in the strength that the others have it in.

    Args:
        gan: Any generator.
        layers: Names of ``gan.layers``.
        num_images: Images, classes drawn evenly.
        batch_size: Images at a time.
        key: Consumed whole.

    Raises:
        ValueError: If there is no such layer, a size does not fit, or an activation is
            not finite.
    """
    stats.check_layers(gan, layers)
    empty: dict[str, dict[str, Any]] = {
        name: {"units": stats.zero_statistics(gan.layers[name].units)}
        for name in layers
    }
    found = stats.collect(
        gan, empty, num_images=num_images, batch_size=batch_size, key=key
    )
    pixels = {name: found[name]["units"].pixels for name in layers}
    return {
        name: np.sqrt(one.variance + np.square(one.mean))
        for name, one in pixels.items()
    }
