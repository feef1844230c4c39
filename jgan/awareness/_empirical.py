"""Channel awareness measured: how active the units of a layer are in each class."""

import functools
import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan import stats
from jgan.gan import Gan


def empirical_awareness(
    gan: Gan,
    layers: Sequence[str] = (),
    *,
    num_latents: int,
    batch_size: int,
    key: PRNGKeyArray,
) -> dict[str, Float[np.ndarray, "class _unit"]]:
    """Returns the mean activation of every unit in the images of every class.

    The layers of `analytic_awareness` are read after their ReLU, so the two can be
    compared. Images exist one batch at a time.

    Args:
        gan: Any generator with classes.
        layers: Names from ``gan.layers``; by default the class-conditional ones, or all
            of a generator that has none.
        num_latents: Images of each class, from the same latents.
        batch_size: Images at a time.
        key: Consumed whole.

    Raises:
        ValueError: If the generator has no classes or no such layer, a size is not
            positive, or an activation is not finite.
    """
    if not gan.num_classes:
        raise ValueError(
            f"{gan.name} has no classes to compare. What units are in all images "
            "is a matter of `jgan.stats.collect`."
        )
    if num_latents < 1 or batch_size < 1:
        raise ValueError(
            f"num_latents is {num_latents} and batch_size {batch_size}; give at least "
            "1."
        )
    chosen = tuple(layers) or gan.conditional_layers or tuple(gan.layers)
    stats.check_layers(gan, chosen)
    size = min(batch_size, num_latents)
    sums = {n: np.zeros((gan.num_classes, gan.layers[n].units)) for n in chosen}
    batches = itertools.product(range(gan.num_classes), range(0, num_latents, size))
    for batch, (label, start) in enumerate(batches):
        found = jax.device_get(
            _sums_of(
                gan,
                jnp.int32(label),
                key,
                jnp.int32(start),
                jnp.int32(num_latents),
                layers=chosen,
                size=size,
            )
        )
        stats.check_finite(
            {n: np.isfinite(found[n]).all() for n in chosen}, batch=batch
        )
        for name in chosen:
            sums[name][label] += found[name]
    return {name: (sums[name] / num_latents).astype(np.float32) for name in chosen}


@functools.partial(jax.jit, static_argnames=("layers", "size"))
def _sums_of(
    gan: Gan,
    class_label: Int[Array, ""],
    key: PRNGKeyArray,
    start: Int[Array, ""],
    num_latents: Int[Array, ""],
    *,
    layers: tuple[str, ...],
    size: int,
) -> dict[str, Float[Array, " _unit"]]:
    labels = jnp.broadcast_to(class_label, (size,))
    latents = gan.sample_latents(size, class_label=labels, start=start, key=key)
    _, taps = gan.forward(gan.params, latents, None)
    counts = start + jnp.arange(size) < num_latents
    # Not a product: what pads the last batch may be anything.
    kept = lambda means: jnp.where(counts[:, None], means, 0.0).sum(axis=0)
    return {
        name: kept(taps[name].astype(jnp.float32).mean(axis=(1, 2))) for name in layers
    }
