"""Channels found by what editing them does, and their edits over several classes."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from jgan import awareness, images as pictures, stats
from jgan.gan import Gan
from jgan.report.awareness.choose import only_classes
from jgan.report.batch_size import images_that_fit

# Chosen by looking at `scenes64`: beyond these are artifacts.
FACTORS = (-2.0, 0.0, 1.0, 3.0, 5.0)
ADDED = (-4.0, -2.0, 0.0, 2.0, 4.0)
_RANKED_BY = 3.0
# Each runs the later layers once for every channel and class: half a minute of two
# cores for 4 images and `scenes64`. What acts alike is a mean over classes too.
_IMAGES_OF_CLASS, _IMAGES_ALIKE = 4, 2
# Rows of a sheet, and channels that act alike.
_ROWS, _NUM_ALIKE = 4, 3


class Sheet(NamedTuple):
    """The edits of one channel.

    Attributes:
        channel: Its number.
        of_classes: Labels of the classes it was chosen for; none if it acts alike.
        operation: ``"multiply"`` or ``"add"``.
        strengths: From left to right.
        shown: Labels of the classes, from top to bottom.
        effect: Mean absolute change of the image in each class chosen, in [0, 2]: by
            turning the channel off, or by adding 3 root mean squares.
        alike: How alike it acts in all classes chosen, in [0, 1].
        images: One for each class shown and strength.
    """

    channel: int
    of_classes: tuple[int, ...]
    operation: Literal["add", "multiply"]
    strengths: tuple[float, ...]
    shown: tuple[int, ...]
    effect: Float[np.ndarray, " class"]
    alike: float
    images: UInt8[np.ndarray, "class_shown strength row col 3"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Edits:
    """The channels of one layer that say most.

    Attributes:
        layer: Name.
        chosen: Labels of the classes.
        of_classes: Channels that a class loses more by than the others do.
        alike: Channels that act most alike in all classes.
    """

    layer: str
    chosen: tuple[int, ...]
    of_classes: tuple[Sheet, ...]
    alike: tuple[Sheet, ...]


def edit_channels(
    gan: Gan,
    chosen: tuple[int, ...],
    layer: str,
    latents: Any,
    *,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Edits:
    """Returns edits of the channels of a layer that say most.

    Args:
        gan: The generator.
        chosen: Labels of the classes.
        layer: Of the channels.
        latents: One for each class chosen.
        progress: Is told the share that is done.
        key: Consumed whole.
    """
    progress(0.0)
    some = only_classes(gan, chosen)
    lost_key, added_key = jax.random.split(key)
    batch_size = images_that_fit(gan)
    lost = awareness.rank_channels(
        some,
        [layer],
        operation="multiply",
        strength=0.0,
        num_latents=_IMAGES_OF_CLASS,
        batch_size=batch_size,
        key=lost_key,
    )[layer]
    progress(0.5)
    added = awareness.rank_channels(
        some,
        [layer],
        strength=_RANKED_BY,
        num_latents=_IMAGES_ALIKE,
        batch_size=batch_size,
        key=added_key,
    )[layer]
    progress(0.8)
    sweep = lambda channel, rows, **options: _sweep(
        gan, stats.select_latents(latents, np.asarray(rows)), layer, channel, **options
    )
    of_classes = []
    for channel, owners in _own_channels(lost).items():
        rows = _rows(lost.effect[:, channel], owners)
        of_classes.append(
            Sheet(
                channel,
                tuple(chosen[row] for row in owners),
                "multiply",
                FACTORS,
                tuple(chosen[row] for row in rows),
                lost.effect[:, channel],
                float(lost.alike[channel]),
                sweep(channel, rows, strengths=FACTORS, operation="multiply"),
            )
        )
    count = min(_ROWS, len(chosen))
    rows = np.linspace(0, len(chosen) - 1, count).round().astype(int).tolist()
    alike = [
        Sheet(
            channel,
            (),
            "add",
            ADDED,
            tuple(chosen[row] for row in rows),
            added.effect[:, channel],
            float(added.alike[channel]),
            sweep(
                channel,
                rows,
                strengths=ADDED,
                operation="add",
                rms=float(added.rms[channel]),
            ),
        )
        for channel in added.ranking_alike[:_NUM_ALIKE]
    ]
    return Edits(
        layer=layer, chosen=chosen, of_classes=tuple(of_classes), alike=tuple(alike)
    )


def _own_channels(lost: awareness.ChannelEffects) -> dict[int, list[int]]:
    """Returns channels with the classes that lose more by them than the others do."""
    excess = lost.effect - lost.effect.mean(axis=0, keepdims=True)
    found: dict[int, list[int]] = {}
    for row, channel in enumerate(excess.argmax(axis=1).tolist()):
        found.setdefault(channel, []).append(row)
    return found


def _rows(effect: Float[np.ndarray, " class"], owners: Sequence[int]) -> list[int]:
    """Returns the classes to show: its own, and others from much to little effect."""
    order = np.argsort(-effect, kind="stable").tolist()
    others = [row for row in order if row not in owners]
    own = [*owners][:_ROWS]
    count = min(_ROWS - len(own), len(others))
    places = np.linspace(0, len(others) - 1, count).round().astype(int).tolist()
    return own + [others[place] for place in places]


def _sweep(
    gan: Gan, latents: Any, layer: str, channel: int, **options: Any
) -> UInt8[np.ndarray, "class strength row col 3"]:
    # An image at a time: its edits are a batch already.
    parts = [
        awareness.sweep_channel(
            gan,
            jax.tree.map(lambda x, i=i: x[i : i + 1], latents),
            layer=layer,
            channel=channel,
            **options,
        )[:, 0]
        for i in range(jax.tree.leaves(latents)[0].shape[0])
    ]
    return np.stack([pictures.to_uint8(part) for part in parts])
