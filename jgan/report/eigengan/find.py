"""All that the page shows of an EigenGAN, as numbers and images."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from jgan import eigengan, images as pictures, metrics
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.typing import AttributeReader

# Nine places of the 17 that the authors have: a phone shows no more side by side.
VALUES = eigengan.VALUES[::2]
# The first image is the one of all zeros, which the authors call the mode.
_IMAGES = 3
# Within which the others are drawn, as the authors do.
_TRUNCATION = 1.5
# Of which effects are measured; their error is then a sixteenth of their size.
_EFFECT_IMAGES = 256
_WITHOUT = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What was found.

    Attributes:
        dimensions: Layer by layer, in each the most important first.
        effects: Of pixels, by column of `z` and by layer.
        sheets: By column of `z`, images from one end to the other.
        whole: Some images, and by layer the same without it.
        without: By layer.
        num_images: That were read.
        attributes: Names, of style and of geometry; none if nothing reads them.
        readings: How dimensions and attributes belong together; None likewise.
        attribute_effects: Shares of each attribute; None likewise.
    """

    dimensions: tuple[eigengan.Dimension, ...]
    effects: eigengan.Effects
    sheets: Mapping[int, UInt8[np.ndarray, "image value row col 3"]]
    whole: UInt8[np.ndarray, "shown row col 3"]
    without: Mapping[int, UInt8[np.ndarray, "shown row col 3"]]
    num_images: int
    attributes: tuple[tuple[str, ...], tuple[str, ...]]
    readings: metrics.Disentanglement | None
    attribute_effects: eigengan.Effects | None

    def profile(self, kind: int) -> Float[np.ndarray, " layer"] | None:
        """Returns each layer's mean share of the attributes of a kind.

        Args:
            kind: 0 for style, 1 for geometry.
        """
        if self.attribute_effects is None:
            return None
        style = len(self.attributes[0])
        part = slice(style) if kind == 0 else slice(style, None)
        return np.nanmean(self.attribute_effects.layers[:, part], axis=1)


def find_eigengan(
    gan: Gan,
    reader: AttributeReader | None,
    *,
    num_images: int,
    progress: Callable[[str, float], None],
    key: PRNGKeyArray,
) -> Found:
    """Returns what each dimension and layer of an EigenGAN changes.

    Args:
        gan: The generator.
        reader: Of attributes, or None if there is none for such images.
        num_images: That attributes are read of; rounded up to whole batches.
        progress: Told what is done, and the share.
        key: Consumed whole.
    """
    keys = jax.random.split(key, 4)
    dimensions = eigengan.dimensions(gan)
    batch = images_that_fit(gan)
    num_images = -(-num_images // batch) * batch
    sizes: dict[str, Any] = {
        "num_images": -(-_EFFECT_IMAGES // batch) * batch,
        "batch_size": batch,
    }
    effects = eigengan.effects(
        gan,
        **sizes,
        progress=lambda done: progress("measuring effects", 0.3 * done),
        key=keys[0],
    )
    sheets = _sheets(gan, dimensions, keys[1])
    progress("walking along dimensions", 0.5)
    latents = gan.sample_latents(_WITHOUT, truncation=_TRUNCATION, key=keys[2])
    as_bytes = lambda images: pictures.to_uint8(np.asarray(images))
    without = {
        layer: as_bytes(eigengan.without_layer(gan, latents, layer))
        for layer in range(1, gan.config.num_layers + 1)
    }
    whole = as_bytes(jax.jit(gan.forward)(gan.params, latents)[0])
    readings = attribute_effects = None
    if reader is not None:
        read = eigengan.read_attributes(
            gan,
            reader,
            num_images=num_images,
            batch_size=batch,
            progress=lambda done: progress("reading attributes", 0.5 + 0.2 * done),
            key=keys[3],
        )
        readings = read.compared()
        attribute_effects = eigengan.effects(
            gan,
            reader=reader,
            **sizes,
            progress=lambda done: progress("measuring layers", 0.7 + 0.3 * done),
            key=keys[0],
        )
    return Found(
        dimensions=dimensions,
        effects=effects,
        sheets=sheets,
        whole=whole,
        without=without,
        num_images=num_images,
        attributes=((), ()) if reader is None else (reader.style, reader.geometry),
        readings=readings,
        attribute_effects=attribute_effects,
    )


def _sheets(
    gan: Gan, dimensions: tuple[eigengan.Dimension, ...], key: PRNGKeyArray
) -> dict[int, UInt8[np.ndarray, "image value row col 3"]]:
    latents = gan.sample_latents(_IMAGES, truncation=_TRUNCATION, key=key)
    latents = jax.tree.map(lambda x: x.at[0].set(0.0), latents)
    columns = [dimension.column for dimension in dimensions]
    made = np.asarray(eigengan.traverse(gan, latents, columns, values=VALUES))
    return {
        column: pictures.to_uint8(
            rows.swapaxes(0, 1).reshape(-1, *rows.shape[2:])
        ).reshape(_IMAGES, len(VALUES), *rows.shape[2:])
        for column, rows in zip(columns, made, strict=True)
    }
