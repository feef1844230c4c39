"""What `overlap_counts` means, in plain JAX. Every other version is tested against it.

An activation is enlarged to the size of the labels as in GAN Dissection (Bau et al.,
2019): bilinear, with pixel centers at half-integers, the border repeated.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class OverlapCounts(NamedTuple):
    """Pixels counted in one batch.

    Attributes:
        both: Pixels where a unit is above its threshold and a concept is shown, int32.
        active: Pixels of each image where a unit is above its threshold, int32.
    """

    both: Int[Array, "unit concept"]
    active: Int[Array, "image unit"]


def overlap_counts(
    activation: Float[Array, "image row col unit"],
    thresholds: Float[Array, " unit"],
    labels: Int[Array, "image label_row label_col slot"],
    *,
    num_concepts: int,
) -> OverlapCounts:
    """Returns the counts by enlarging every map whole, one image at a time."""
    with jax.named_scope("overlap_counts.reference"):
        rows, cols = labels.shape[1:3]
        units = activation.shape[-1]

        def add(both: Array, image: tuple[Array, Array]) -> tuple[Array, Array]:
            maps, shown = image
            above = enlarge(maps, rows, cols) > thresholds[None, None, :]
            above = above.reshape(-1, units)
            # A label outside the concepts has a row of zeros.
            concepts = jax.nn.one_hot(shown, num_concepts).sum(axis=2)
            # Sums of ones are exact in float32 up to 2**24, an image of 4096 x 4096.
            counts = above.astype(jnp.float32).T @ concepts.reshape(-1, num_concepts)
            return both + counts.astype(jnp.int32), above.sum(axis=0, dtype=jnp.int32)

        start = jnp.zeros((units, num_concepts), jnp.int32)
        both, active = jax.lax.scan(add, start, (activation, labels))
        return OverlapCounts(both, active)


def enlarge(
    maps: Float[Array, "row col unit"], rows: int, cols: int
) -> Float[Array, "label_row label_col unit"]:
    """Returns maps in float32 at another size, bilinear, half-pixel centers."""
    maps = maps.astype(jnp.float32)
    if maps.shape[:2] == (rows, cols):
        return maps
    shape = (rows, cols, maps.shape[-1])
    return jax.image.resize(maps, shape, "linear", antialias=False)
