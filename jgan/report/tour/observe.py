"""Runs the generator in batches and keeps only what the page shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from jgan import images as pictures, stats
from jgan.gan import Gan
from jgan.typing import Images

# Layers differ in size: an axis with an underscore is not compared.
Maps = Mapping[tuple[str, int, int], Float[np.ndarray, "_row _col"]]


class Observation(NamedTuple):
    """What a pass over some latents saw.

    Attributes:
        images: The images, as bytes.
        means: By layer, the mean activation of each unit in each image.
        strengths: The same of its absolute value. A mean over all pixels and not the
            peak, which a single odd pixel at the border may decide.
    """

    images: UInt8[np.ndarray, "image row col 3"]
    means: dict[str, Float[np.ndarray, "image _unit"]]
    strengths: dict[str, Float[np.ndarray, "image _unit"]]


def observe(
    gan: Gan,
    latents: Any,
    *,
    batch_size: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Observation:
    """Returns the images of `latents`, and each unit's mean and strength in each.

    Raises:
        ValueError: If an activation is not finite.
    """
    batches = []
    for number, (indices, kept) in enumerate(_batches(latents, batch_size)):
        images, means, strengths = jax.tree.map(
            np.asarray, _observe(gan, latents, jnp.asarray(indices))
        )
        finite = {name: np.isfinite(means[name]).all() for name in gan.layers}
        stats.check_finite(finite, batch=number)
        batch = pictures.to_uint8(images), means, strengths
        batches.append(jax.tree.map(lambda x, kept=kept: x[:kept], batch))
        progress(float(indices[-1] + 1) / num_latents(latents))
    images, means, strengths = jax.tree.map(lambda *xs: np.concatenate(xs), *batches)
    # Trees return dicts sorted by name; the page wants them in forward order.
    in_order = lambda found: {name: found[name] for name in gan.layers}
    return Observation(images, in_order(means), in_order(strengths))


@jax.jit
def _observe(
    gan: Gan, latents: Any, indices: Int[Array, " image"]
) -> tuple[
    Images,
    dict[str, Float[Array, "image _unit"]],
    dict[str, Float[Array, "image _unit"]],
]:
    batch = stats.select_latents(latents, indices)
    images, taps = gan.forward(gan.params, batch, None)
    mean = lambda x: jnp.mean(x, axis=(1, 2))
    means = {name: mean(taps[name]) for name in gan.layers}
    strengths = {name: mean(jnp.abs(taps[name])) for name in gan.layers}
    return images, means, strengths


def unit_maps(
    gan: Gan,
    latents: Any,
    wanted: Mapping[str, Sequence[tuple[int, int]]],
    *,
    units_per_layer: int,
    batch_size: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> dict[tuple[str, int, int], Float[np.ndarray, "_row _col"]]:
    """Returns the maps of some units in some images, by layer, unit and image.

    Args:
        gan: The generator.
        latents: Of all the images that `wanted` numbers.
        wanted: By layer, pairs of a unit and an image.
        units_per_layer: At least as many as a layer has units in `wanted`. The same
            number gives the same compiled program.
        batch_size: Images at a time.
        progress: Called with the share done.
    """
    units = {name: sorted({u for u, _ in wanted.get(name, ())}) for name in gan.layers}
    padded = {
        name: jnp.asarray((found + [0] * units_per_layer)[:units_per_layer])
        for name, found in units.items()
    }
    result = {}
    for indices, _ in _batches(latents, batch_size):
        taps = _select_units(gan, latents, jnp.asarray(indices), padded)
        first, last = int(indices[0]), int(indices[-1])
        for name, pairs in wanted.items():
            maps = np.asarray(taps[name])
            for unit, image in pairs:
                if first <= image <= last:
                    found = maps[image - first, :, :, units[name].index(unit)]
                    result[name, unit, image] = found.copy()
        progress((last + 1) / num_latents(latents))
    return result


@jax.jit
def _select_units(
    gan: Gan,
    latents: Any,
    indices: Int[Array, " image"],
    units: dict[str, Int[Array, " _unit"]],
) -> dict[str, Float[Array, "image _row _col _unit"]]:
    _, taps = gan.forward(gan.params, stats.select_latents(latents, indices), None)
    return {name: jnp.take(taps[name], units[name], axis=-1) for name in units}


def num_latents(latents: Any) -> int:
    """Returns how many images some latents make."""
    return jax.tree.leaves(latents)[0].shape[0]


def _batches(latents: Any, batch_size: int):
    # The last batch repeats its last image, so that there is one shape to compile.
    total = num_latents(latents)
    for start in range(0, total, batch_size):
        kept = min(batch_size, total - start)
        yield np.minimum(np.arange(start, start + batch_size), total - 1), kept
