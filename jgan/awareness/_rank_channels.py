"""Which channels change the image most when edited, in one class and alike in all.

He et al. (2022) show channels that edit an attribute of one class and channels that do
the same to all classes, and do not say how they find them: jgan reconstruction.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.awareness._edit_channel import (
    Operation,
    channel_rms,
    check_edit,
    edited_images,
)
from jgan.gan import Gan

# A channel's mean change is kept in 4 x 4 cells: 48 numbers for each class, whatever
# the resolution, which still tell sky from ground and left from right.
_CELLS = 4
# Channels at a time, each with a batch of images.
_CHANNELS = 8


class ChannelEffects(NamedTuple):
    """What editing each channel of a layer does to the images of each class.

    Attributes:
        effect: Mean absolute change of the image, which is in [-1, 1].
        shift: Mean change of colors in each cell of a 4 x 4 grid, which tells how a
            channel acts, where `effect` tells how much.
        rms: Root mean square of each channel, the unit of an added strength.
    """

    effect: Float[np.ndarray, "class unit"]
    shift: Float[np.ndarray, "class unit cell_row cell_col 3"]
    rms: Float[np.ndarray, " unit"]

    def ranking(self, label: int) -> list[int]:
        """Channels whose edit changes images of the class most, the most first."""
        return np.argsort(-self.effect[label], kind="stable").tolist()

    @property
    def alike(self) -> Float[np.ndarray, " unit"]:
        """How alike a channel acts in all classes, in [0, 1]; 0 where it does nothing.

        The squared mean over classes of `shift` over the mean of its square. 1 if the
        edit shifts the same colors at the same places equally in all classes, about one
        over the number of classes if it acts in one alone or in all independently, 0 if
        what it does to some it does to others with the opposite sign.
        """
        shift = np.asarray(self.shift, np.float64)
        common = np.square(shift.mean(axis=0)).sum(axis=(1, 2, 3))
        whole = np.square(shift).mean(axis=0).sum(axis=(1, 2, 3))
        return np.where(whole > 0, common / np.where(whole > 0, whole, 1), 0.0)

    @property
    def ranking_alike(self) -> list[int]:
        """Channels that change all classes much and alike, the most so first.

        By `alike` times the effect in the class that changes least: a channel that does
        next to nothing may do so very much alike.
        """
        score = self.alike * self.effect.min(axis=0)
        return np.argsort(-score, kind="stable").tolist()


def rank_channels(
    gan: Gan,
    layers: Sequence[str],
    *,
    operation: Operation = "add",
    strength: float = 1.0,
    num_latents: int,
    batch_size: int = 8,
    key: PRNGKeyArray,
) -> dict[str, ChannelEffects]:
    """Returns the effect of editing each channel of layers, one at a time.

    Latents are the same for every class, images exist a batch and a few channels at a
    time, and only the layers after the edit run once for each channel.

    Args:
        gan: A generator with classes.
        layers: Names of ``gan.layers``.
        operation: What to do to each channel, ``"add"`` or ``"multiply"``.
        strength: How much, as `sweep_channel` has it: in root mean squares of the
            channel to add, taken from as many images of all classes; or the factor, of
            which 0 turns the channel off.
        num_latents: Images of each class.
        batch_size: Images at a time.
        key: Consumed whole.

    Raises:
        ValueError: If the generator has no classes, no such layer or operation, a size
            is not positive, or an activation or image is not finite.
    """
    check_edit(gan, layers, operation)
    if not gan.num_classes:
        raise ValueError(
            f"{gan.name} has no classes to rank channels for. What units cause in all "
            "images is a matter of `jgan.dissect.causes`."
        )
    if num_latents < 1 or batch_size < 1:
        raise ValueError(
            f"num_latents is {num_latents} and batch_size {batch_size}; give at least "
            "1."
        )
    rms_key, latents_key = jax.random.split(key)
    size = min(batch_size, num_latents)
    rms = channel_rms(
        gan,
        layers,
        num_images=num_latents * gan.num_classes,
        batch_size=size,
        key=rms_key,
    )
    found = {}
    for name in layers:
        of_class = functools.partial(
            _class_effects,
            functools.partial(
                _effects,
                gan,
                jnp.asarray(rms[name], jnp.float32),
                jnp.float32(strength),
                latents_key,
                jnp.int32(num_latents),
                layer=name,
                operation=operation,
                size=size,
            ),
            range(0, num_latents, size),
        )
        parts = map(of_class, range(gan.num_classes))
        effect, shift = (
            (np.stack(part) / num_latents).astype(np.float32)
            for part in zip(*parts, strict=True)
        )
        found[name] = ChannelEffects(effect, shift, rms[name])
    return found


def _class_effects(batch: Callable, starts: range, label: int) -> list[Any]:
    sums: list[Any] = [0.0, 0.0]
    for start in starts:
        found = jax.device_get(batch(jnp.int32(label), jnp.int32(start)))
        if not np.isfinite(found[0]).all():
            raise ValueError(
                f"Images of class {label} are not finite, in those from {start} on. "
                "Look for NaN in the parameters, and for a strength that overflows."
            )
        sums = [a + b.astype(np.float64) for a, b in zip(sums, found, strict=True)]
    return sums


@functools.partial(jax.jit, static_argnames=("layer", "operation", "size"))
def _effects(
    gan: Gan,
    rms: Float[Array, " unit"],
    strength: Float[Array, ""],
    key: PRNGKeyArray,
    num_latents: Int[Array, ""],
    class_label: Int[Array, ""],
    start: Int[Array, ""],
    *,
    layer: str,
    operation: Operation,
    size: int,
) -> tuple[Float[Array, " unit"], Float[Array, "unit cell_row cell_col 3"]]:
    labels = jnp.broadcast_to(class_label, (size,))
    latents = gan.sample_latents(size, class_label=labels, start=start, key=key)
    before, taps = gan.forward(gan.params, latents, None)
    counts = (start + jnp.arange(size) < num_latents)[:, None, None, None]

    def of_one(channel: Int[Array, ""]):
        after = edited_images(
            gan, latents, layer, taps[layer], operation, rms[channel], channel, strength
        )
        # Not a product: what pads the last batch may be anything.
        change = jnp.where(counts, after - before, 0.0)
        effect = jnp.abs(change).mean(axis=(1, 2, 3)).sum()
        return effect, _means_of_cells(change.sum(axis=0))

    return jax.lax.map(of_one, jnp.arange(len(rms)), batch_size=_CHANNELS)


def _means_of_cells(
    change: Float[Array, "row col 3"],
) -> Float[Array, "cell_row cell_col 3"]:
    side = change.shape[0]
    inside = jax.nn.one_hot(jnp.arange(side) * _CELLS // side, _CELLS, axis=0)
    shares = inside / inside.sum(axis=1, keepdims=True)
    return jnp.einsum("ir,jc,rck->ijk", shares, shares, change, precision="highest")
