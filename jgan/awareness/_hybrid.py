"""Hybrids of two images: some channels of one in the other, over any layers.

He et al. (2022) show hybrids that keep the pose of an input and have the look of a
reference of another class, by mixing features of the channels relevant to that class.
How they mix is not published: jgan reconstruction.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from jgan import stats
from jgan.gan import Gan
from jgan.taps import Edit, blend
from jgan.typing import Activation, Images

_Rows = Int[ArrayLike, "*image channel"]
_Mask = Bool[ArrayLike, "*image unit"] | Float[ArrayLike, "*image unit"]
Channels = Mapping[str, _Rows | _Mask]


def hybridize(
    gan: Gan,
    latents: Any,
    reference: Any,
    *,
    channels: Channels,
    weight: ArrayLike,
    later: ArrayLike = 0.0,
) -> Images:
    """Returns images of `latents` with some channels of the images of `reference`.

    Image `i` is mixed with image `i` of the reference. Everything but the names of the
    layers is data: other channels, weights and latents of the same shapes are no new
    trace, and `jax.vmap` sweeps them.

    Args:
        gan: Any generator.
        latents: Of the input.
        reference: As many latents, of the reference.
        channels: What to mix, by layer of ``gan.layers``: the numbers of channels, as
            ``relevant_channels(...)[layer][label]`` gives them, or a mask of all
            channels, boolean or a weight in [0, 1] for each; for all images or, with a
            leading axis, for each.
        weight: Of the reference, in [0, 1]. At 0 nothing of it is mixed, bit for bit.
        later: What conditions the layers after the last of `channels`: 0 the class and
            latent of the input, 1 those of the reference, between the two a blend of
            their gains and biases. At 1, and with all channels of a ``block{i}`` at
            weight 1, the image is the reference, bit for bit. If it is not 0, both have
            one truncation, whose statistics BigGAN-deep standardizes units by.

    Raises:
        ValueError: If there is no such layer or channel, the numbers of images differ,
            `weight`, `later` or a mask is outside [0, 1], a generator without
            conditional layers gets `later`, or images of two truncations do. Traced
            numbers are not checked, and a traced `later` counts as given.
    """
    _check_pairs(latents, reference)
    masks = _checked(gan, channels, weight, later)
    if _is_given(later):
        _check_truncations(latents, reference)
    # Of one type, so that 0 and 0.5 are one program.
    weight, later = (jnp.asarray(share, jnp.float32) for share in (weight, later))
    return _hybridize(gan, latents, reference, masks, weight, later)


def hybrid_edits(
    gan: Gan,
    taps: Mapping[str, Activation],
    *,
    channels: Channels,
    weight: ArrayLike,
    later: ArrayLike = 0.0,
) -> dict[str, Edit]:
    """Returns the edits that make a hybrid, to combine with others.

    Args:
        gan: The generator.
        taps: Of the reference, as ``gan.forward`` returns them.
        channels: As `hybridize` has it, as the rest.
        weight: Of the reference.
        later: What conditions the layers after. Unless it is 0, the input is of the
            truncation of the reference, which is not checked here.

    Raises:
        ValueError: As `hybridize`, but for the latents.
    """
    return _edits(gan, taps, _checked(gan, channels, weight, later), weight, later)


@jax.jit
def _hybridize(gan, latents, reference, masks, weight, later):
    _, taps = gan.forward(gan.params, reference, None)
    edits = _edits(gan, taps, masks, weight, later)
    return gan.forward(gan.params, latents, edits)[0]


def _edits(gan, taps, masks, weight, later) -> dict[str, Edit]:
    edits: dict[str, Edit] = {
        name: blend(jnp.asarray(weight, mask.dtype) * mask, taps[name])
        for name, mask in masks.items()
    }
    order = [*gan.layers]
    last = max(order.index(name) for name in masks)
    for name in order[last + 1 :]:
        if name in gan.conditional_layers:
            for factor in (f"{name}.gain", f"{name}.bias"):
                edits[factor] = blend(later, taps[factor])
    return edits


def _check_pairs(latents: Any, reference: Any) -> None:
    counts = [np.shape(jax.tree.leaves(x)[0])[0] for x in (latents, reference)]
    if counts[0] != counts[1]:
        raise ValueError(
            f"There are {counts[0]} inputs and {counts[1]} references; give one "
            "reference for each input, the same one repeated if it is for all."
        )


def _is_given(later: ArrayLike) -> bool:
    return isinstance(later, jax.core.Tracer) or bool(np.any(np.asarray(later) != 0))


def _check_truncations(latents: Any, reference: Any) -> None:
    both = [getattr(x, "truncation", None) for x in (latents, reference)]
    if any(isinstance(x, jax.core.Tracer) for x in both):
        return
    size = np.shape(jax.tree.leaves(latents)[0])[0]
    # None is 1. Of other shapes, and not a number, they are the generator's to refuse.
    ours, theirs = (
        np.ones(size) if x is None else np.asarray(x, np.float64) for x in both
    )
    if ours.shape != theirs.shape:
        return
    differ = np.flatnonzero(np.abs(ours - theirs) > 0)
    if len(differ):
        i = differ[0]
        raise ValueError(
            f"Input {i} is of truncation {ours[i]:g} and its reference of "
            f"{theirs[i]:g}, and later layers have the statistics of one. Draw both at "
            "the same truncation, or leave later out."
        )


def _checked(
    gan: Gan, channels: Channels, weight: ArrayLike, later: ArrayLike
) -> dict[str, Float[Array, "#image 1 1 unit"]]:
    stats.check_layers(gan, tuple(channels))
    if not channels:
        raise ValueError("channels is empty; name a layer and what to mix of it.")
    for share, value in (("weight", weight), ("later", later)):
        if np.ndim(value):
            raise ValueError(
                f"{share} has shape {np.shape(value)}; give one number, and a weight "
                "for each channel or image in `channels`."
            )
        _check_shares(share, value)
    if _is_given(later) and not gan.conditional_layers:
        raise ValueError(
            f"later is {later}, and {gan.name} has no class-conditional layers; leave "
            "it out."
        )
    return {
        name: _mask_of(name, which, gan.layers[name].units)
        for name, which in channels.items()
    }


def _check_shares(name: str, shares: ArrayLike) -> None:
    if isinstance(shares, jax.core.Tracer):
        return
    values = np.asarray(shares)
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise ValueError(f"{name} is {wrong.flat[0]}; give weights in [0, 1].")


def _mask_of(
    layer: str, which: _Rows | _Mask, units: int
) -> Float[Array, "#image 1 1 unit"]:
    which = jnp.asarray(which)
    if which.ndim not in (1, 2):
        raise ValueError(
            f"The channels of {layer} have {which.ndim} axes; give one, or two with "
            "the images first."
        )
    known = not isinstance(which, jax.core.Tracer)
    if jnp.issubdtype(which.dtype, jnp.integer):
        wrong = which[(which < 0) | (which >= units)].tolist() if known else []
        if wrong:
            raise ValueError(f"Channels {wrong} of {layer}, which has 0..{units - 1}.")
        if known and which.shape[-1] == units > 2 and (which <= 1).all():
            raise ValueError(
                f"The channels of {layer} are {units} integers, all 0 or 1. If that is "
                "a mask, make it boolean."
            )
        which = jax.nn.one_hot(which, units).max(axis=-2, initial=0.0)
    elif which.shape[-1] != units:
        raise ValueError(
            f"The mask of {layer} has shape {which.shape} for {units} channels; give "
            "one weight for each, or the numbers of channels as integers."
        )
    else:
        _check_shares(f"A weight of the mask of {layer}", which)
    which = which.astype(jnp.float32)
    return (which[None] if which.ndim == 1 else which)[:, None, None, :]
