"""Sets units to zero, one at a time, and measures what becomes of the images."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from jgan import images as pictures, taps as edits
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.typing import Activation, Images

# Floating-point operations of all ablations of a tour: under a minute on two cores.
_BUDGET = 3e12
_NUM_IMAGES = 8
_LEAST_UNITS = 8
# 1 GB of float32 for the activations of all layers, which are kept for the sweep.
_TAP_FLOATS = 2**28
_GRAY_LEVELS = 127.5  # From images in [-1, 1] to levels of 0 to 255.


class LayerEffects(NamedTuple):
    """What zeroing the units of one layer does, one unit at a time.

    Attributes:
        units: The units that were zeroed.
        change: Mean absolute change of a pixel, in levels of 255, by unit.
        spread: Share of the image that the change covers, by unit: 1 if every pixel
            changes alike, 0.1 if it is all in a tenth of them.
        strongest: The units that change the images most, strongest first.
        before: The images as they are.
        after: The images without each of `strongest`.
    """

    units: Int[np.ndarray, " unit"]
    change: Float[np.ndarray, " unit"]
    spread: Float[np.ndarray, " unit"]
    strongest: tuple[int, ...]
    before: UInt8[np.ndarray, "image row col 3"]
    after: UInt8[np.ndarray, "strongest image row col 3"]


def ablate_units(
    gan: Gan,
    latents: Any,
    candidates: dict[str, Sequence[int]],
    *,
    num_strongest: int,
    budget: float = _BUDGET,
    progress: Callable[[str, float], None] = lambda layer, fraction: None,
) -> dict[str, LayerEffects]:
    """Returns the effect of every unit that the budget allows, by layer.

    Args:
        gan: The generator.
        latents: The images to change; the first few that fit are used.
        candidates: Units of each layer, those to measure first in front.
        num_strongest: Units whose images to keep.
        budget: Floating-point operations in all. Every layer gets an equal part, and
            what one does not need goes to the layers before it.
        progress: Called with a layer and the share done.
    """
    floats = sum(rows * cols * units for rows, cols, units in gan.layers.values())
    num_images = int(np.clip(_TAP_FLOATS // floats, 2, _NUM_IMAGES))
    latents = jax.tree.map(lambda x: x[:num_images], latents)
    images, taps = jax.jit(lambda gan, latents: gan.forward(gan.params, latents))(
        gan, latents
    )
    effects = {}
    # Backwards, because the last layers cost least and leave the most.
    for position, layer in enumerate(reversed(candidates)):
        share = budget / (len(candidates) - position)
        report = lambda done, layer=layer, position=position: progress(
            layer, (position + done) / len(candidates)
        )
        sweep = _Sweep(gan, latents, taps[layer], images, layer)
        units = sweep.affordable(candidates[layer], share)
        effects[layer] = sweep.run(units, num_strongest, report)
        budget = max(0.0, budget - sweep.cost(len(units)))
    return {layer: effects[layer] for layer in candidates}


class _Sweep:
    """One layer's ablations, compiled once, in chunks of units."""

    def __init__(
        self, gan: Gan, latents: Any, activation: Activation, images: Images, layer: str
    ) -> None:
        num_images = images.shape[0]
        num_units = gan.layers[layer].units
        fit = images_that_fit(gan) // num_images
        self.chunk = max(1, min(fit, num_units))
        self._arguments = gan, latents, activation, images
        self._images = images
        some = jnp.zeros((self.chunk,), jnp.int32)
        self._compiled = _ablate.lower(*self._arguments, some, layer=layer).compile()
        # What cannot tell its cost is taken to be expensive.
        analysis = self._compiled.cost_analysis() or {}
        self._chunk_cost = max(1.0, float(analysis.get("flops", np.inf)))

    def cost(self, num_units: int) -> float:
        """Returns the floating-point operations of so many ablations."""
        return -(-num_units // self.chunk) * self._chunk_cost

    def affordable(self, units: Sequence[int], budget: float) -> Sequence[int]:
        """Returns the first of `units` that a budget allows, and a few at least."""
        chunks = max(int(budget / self._chunk_cost), -(-_LEAST_UNITS // self.chunk))
        return units[: chunks * self.chunk]

    def run(
        self,
        units: Sequence[int],
        num_strongest: int,
        progress: Callable[[float], None],
    ) -> LayerEffects:
        """Returns the effects of `units`, which holds at least one."""
        changes, spreads = [], []
        kept: list[tuple[float, int, UInt8[np.ndarray, "image row col 3"]]] = []
        for start in range(0, len(units), self.chunk):
            some = np.asarray(units[start : start + self.chunk], np.int32)
            padded = np.resize(some, self.chunk)
            result = self._compiled(*self._arguments, jnp.asarray(padded))
            change, spread, after = (np.asarray(x)[: len(some)] for x in result)
            changes.append(change)
            spreads.append(spread)
            # Only the strongest so far are kept, as the images of all would be GBs.
            bar = kept[-1][0] if len(kept) == num_strongest else -1.0
            kept += [
                (float(c), int(u), pictures.to_uint8(a))
                for c, u, a in zip(change, some, after, strict=True)
                if c > bar
            ]
            kept = sorted(kept, key=lambda entry: (-entry[0], entry[1]))[:num_strongest]
            progress((start + len(some)) / len(units))
        return LayerEffects(
            units=np.asarray(units, np.int32),
            change=_GRAY_LEVELS * np.concatenate(changes),
            spread=np.concatenate(spreads),
            strongest=tuple(unit for _, unit, _ in kept),
            before=pictures.to_uint8(self._images),
            after=np.stack([images for _, _, images in kept]),
        )


@functools.partial(jax.jit, static_argnames="layer")
def _ablate(
    gan: Gan,
    latents: Any,
    activation: Activation,
    images: Images,
    units: Int[Array, " ablated"],
    *,
    layer: str,
) -> tuple[
    Float[Array, " ablated"],
    Float[Array, " ablated"],
    Float[Array, "ablated image row col 3"],
]:
    def of_one(unit: Int[Array, ""]):
        mask = edits.unit_mask(unit, num_units=gan.layers[layer].units)
        # Replaced, not only ablated: the layers before need not run again.
        edit = edits.Replace(edits.ablate(mask)(activation))
        after, _ = gan.forward(gan.params, latents, {layer: edit})
        change = jnp.mean(jnp.abs(after - images), axis=-1)
        total, squares = jnp.sum(change), jnp.sum(jnp.square(change), axis=(1, 2))
        # Participation ratio of the pixels, averaged by how much each image changes.
        sums = jnp.sum(change, axis=(1, 2))
        ratio = jnp.square(sums) / jnp.where(squares > 0, squares, 1)
        spread = jnp.sum(ratio * sums) / jnp.where(total > 0, total, 1)
        return jnp.mean(change), spread / (change.shape[1] * change.shape[2]), after

    return jax.vmap(of_one)(units)
