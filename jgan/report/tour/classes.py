"""What the classes of a generator share and what sets them apart."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import awareness
from jgan.gan import Gan
from jgan.report.tour.measure import CHANNELS_PER_CLASS

# The factors hardly vary with the latent; 64 make their mean steady.
_AWARENESS_LATENTS = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassLayer:
    """The most class-specific channels of one layer.

    Attributes:
        channels: The strongest of each class shown, class by class, each once.
        contrast: Of the classes shown and those channels.
    """

    channels: tuple[int, ...]
    contrast: Float[np.ndarray, "class channel"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TopChannel:
    """The channel that sets a class apart most, in all layers."""

    class_label: int
    layer: str
    unit: int
    contrast: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Classes:
    """What the page says of the classes.

    Attributes:
        method: ``"analytic"`` read off the class-conditional normalization,
            ``"measured"`` from the mean activation of images of each class.
        shown: Labels of the classes shown.
        layers: By layer.
        top: For each class shown.
    """

    method: Literal["analytic", "measured"]
    shown: tuple[int, ...]
    layers: Mapping[str, ClassLayer]
    top: tuple[TopChannel, ...]


def analytic_classes(gan: Gan, shown: tuple[int, ...], *, key: PRNGKeyArray) -> Classes:
    """Returns the classes by channel awareness, compared with all other classes."""
    values = awareness.analytic_awareness(gan, num_latents=_AWARENESS_LATENTS, key=key)
    contrast = awareness.contrast(values)
    chosen = {name: array[list(shown)] for name, array in contrast.items()}
    return _classes("analytic", shown, chosen)


def measured_classes(
    means: Mapping[str, Float[np.ndarray, "image _unit"]], shown: tuple[int, ...]
) -> Classes:
    """Returns the classes by their mean activation, compared with each other.

    Args:
        means: Mean activation of each unit in each image; the images of the first class
            come first, and each class has as many.
        shown: Labels of those classes.
    """
    by_class = {
        name: array.reshape(len(shown), -1, array.shape[-1]).mean(axis=1)
        for name, array in means.items()
    }
    return _classes("measured", shown, awareness.contrast(by_class))


def _classes(
    method: Literal["analytic", "measured"],
    shown: tuple[int, ...],
    contrast: Mapping[str, Float[np.ndarray, "class _unit"]],
) -> Classes:
    layers = {}
    for name, values in contrast.items():
        strongest = np.argsort(-values, axis=1, kind="stable")[:, :CHANNELS_PER_CLASS]
        channels = tuple(dict.fromkeys(int(unit) for unit in strongest.flat))
        layers[name] = ClassLayer(channels=channels, contrast=values[:, list(channels)])
    top = []
    for row, label in enumerate(shown):
        name = max(contrast, key=lambda layer, row=row: contrast[layer][row].max())
        unit = int(contrast[name][row].argmax())
        value = float(contrast[name][row, unit])
        top.append(TopChannel(class_label=label, layer=name, unit=unit, contrast=value))
    return Classes(method=method, shown=shown, layers=layers, top=tuple(top))


def paired_latents(gan: Gan, shown: tuple[int, ...], num: int, *, key: PRNGKeyArray):
    """Returns `num` latents for each class, the same for all but for the class.

    Without classes: `num` latents.
    """
    if not shown:
        return gan.sample_latents(num, key=key)
    parts = [gan.sample_latents(num, class_label=label, key=key) for label in shown]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
