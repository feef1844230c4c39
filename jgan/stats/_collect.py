"""Runs a generator over many images and gathers the statistics of its units."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from jgan.gan import Gan
from jgan.stats._batches import check_finite, check_layers, select_latents
from jgan.stats._units import (
    UnitStatistics,
    merge_statistics,
    statistics_of,
    zero_statistics,
)


def collect(
    gan: Gan,
    layers: Sequence[str],
    *,
    num_images: int,
    batch_size: int,
    key: PRNGKeyArray,
    progress: Callable[[float], None] | None = None,
) -> dict[str, UnitStatistics]:
    """Returns the statistics of every unit of some layers.

    Image `i` depends on `key` and `i` alone, so every batch size sees the same images.
    Activations are kept one batch at a time, the latents of all images at once.

    Args:
        gan: The generator.
        layers: Names from ``gan.layers``.
        num_images: How many images, with classes drawn evenly.
        batch_size: Images at a time. The last batch is padded, at no weight.
        key: Consumed whole.
        progress: Called with the share done, after each batch.

    Raises:
        ValueError: If a layer does not exist, a size is not positive, or an activation
            is not finite; the message names the layer and the batch.
    """
    check_layers(gan, layers)
    if num_images < 1 or batch_size < 1:
        raise ValueError(f"{num_images} images in batches of {batch_size}.")
    latents = gan.sample_latents(num_images, key=key)
    statistics = {name: zero_statistics(gan.layers[name].units) for name in layers}
    for start in range(0, num_images, batch_size):
        numbers = jnp.arange(start, start + batch_size)
        statistics, finite = _step(gan, statistics, latents, numbers)
        # jit returns dicts sorted by name; the first layer at fault is to be named.
        check_finite({n: finite[n] for n in layers}, batch=start // batch_size)
        if progress is not None:
            progress(min(1.0, (start + batch_size) / num_images))
    return {name: statistics[name] for name in layers}


@jax.jit
def _step(
    gan: Gan,
    statistics: dict[str, UnitStatistics],
    latents: Any,
    numbers: Int[Array, " image"],
) -> tuple[dict[str, UnitStatistics], dict[str, Bool[Array, ""]]]:
    num_images = jax.tree.leaves(latents)[0].shape[0]
    batch = select_latents(latents, jnp.minimum(numbers, num_images - 1))
    weights = (numbers < num_images).astype(jnp.float32)
    _, taps = gan.forward(gan.params, batch, None)
    merged = {
        name: merge_statistics(total, statistics_of(taps[name], weights))
        for name, total in statistics.items()
    }
    return merged, {name: jnp.all(jnp.isfinite(taps[name])) for name in statistics}
