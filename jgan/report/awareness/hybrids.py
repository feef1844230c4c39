"""Hybrids of every two classes chosen."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8

from jgan import awareness, images as pictures, stats
from jgan.gan import Gan
from jgan.report.awareness.choose import leading_channels, mixed_layers

# Chosen by looking, at 8 x 8 classes of `scenes64`.
SHARE, LATER = 0.3, 0.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hybrids:
    """Images of some classes with channels of others.

    Attributes:
        layers: Where they are mixed.
        inputs: One image of each class.
        references: Another image of each class.
        images: By input and reference.
    """

    layers: tuple[str, ...]
    inputs: UInt8[np.ndarray, "class row col 3"]
    references: UInt8[np.ndarray, "class row col 3"]
    images: UInt8[np.ndarray, "class class_reference row col 3"]


def mix_classes(
    gan: Gan,
    chosen: tuple[int, ...],
    layer: str,
    values: Mapping[str, Float[np.ndarray, "class _unit"]],
    latents: Any,
    references: Any,
) -> Hybrids:
    """Returns the hybrids of every two classes.

    Args:
        gan: A generator with class-conditional layers.
        chosen: Labels of the classes.
        layer: The one in the middle of those that are mixed.
        values: Awareness, by layer.
        latents: One input for each class chosen.
        references: One reference for each.
    """
    layers = mixed_layers(gan, layer)
    relevant = leading_channels({name: values[name] for name in layers}, share=SHARE)
    channels = {name: rows[list(chosen)] for name, rows in relevant.items()}
    image_of = jax.jit(lambda gan, latents: gan.forward(gan.params, latents)[0])
    # An input at a time: its hybrids are a batch already.
    parts = [
        awareness.hybridize(
            gan,
            stats.select_latents(latents, jnp.full(len(chosen), row)),
            references,
            channels=channels,
            weight=1.0,
            later=LATER,
        )
        for row in range(len(chosen))
    ]
    return Hybrids(
        layers=layers,
        inputs=pictures.to_uint8(image_of(gan, latents)),
        references=pictures.to_uint8(image_of(gan, references)),
        images=np.stack([pictures.to_uint8(part) for part in parts]),
    )
