"""A number of batches in one program: what `collect` runs over and over."""

import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from jaxtyping import Array, Int, PRNGKeyArray

from jgan.gan import Gan
from jgan.stats._accumulator import Accumulator, Seen
from jgan.typing import Images, Segmenter

Accumulators = Mapping[str, Mapping[str, Accumulator]]
NEVER = 2**31 - 1


class Chunk(NamedTuple):
    """What a number of batches gave.

    Attributes:
        accumulators: By layer and name, of these batches alone.
        not_finite: By layer, the first batch with an infinite activation or NaN;
            2**31 - 1 for none.
        labels: Lowest and highest label, -1 and -1 if nobody segments.
    """

    accumulators: Accumulators
    not_finite: dict[str, Int[Array, ""]]
    labels: Int[Array, "2"]


@functools.partial(jax.jit, static_argnames=("batch_size", "mesh"))
def run_chunk(
    gan: Gan,
    zeros: Accumulators,
    segmenter: Segmenter | None,
    key: PRNGKeyArray,
    first: Int[Array, ""],
    num_batches: Int[Array, ""],
    num_images: Int[Array, ""],
    *,
    batch_size: int,
    mesh: Mesh | None,
) -> Chunk:
    """Returns the statistics of `num_batches` batches, beginning with batch `first`."""
    run = functools.partial(_run, batch_size=batch_size, mesh=mesh)
    if mesh is None:
        return run(gan, zeros, segmenter, key, first, num_batches, num_images)
    everywhere = PartitionSpec()
    return jax.shard_map(
        run, mesh=mesh, in_specs=everywhere, out_specs=everywhere, check_vma=False
    )(gan, zeros, segmenter, key, first, num_batches, num_images)


def _run(
    gan: Gan,
    zeros: Accumulators,
    segmenter: Segmenter | None,
    key: PRNGKeyArray,
    first: Array,
    num_batches: Array,
    num_images: Array,
    *,
    batch_size: int,
    mesh: Mesh | None,
) -> Chunk:
    share, offset = batch_size, jnp.int32(0)
    if mesh is not None:
        share = batch_size // mesh.size
        offset = share * jax.lax.axis_index(mesh.axis_names[0])

    def batch(i: Array, chunk: Chunk) -> Chunk:
        start = i * batch_size + offset
        numbers = start + jnp.arange(share)
        weights = (numbers < num_images).astype(jnp.float32)
        latents = gan.sample_latents(share, start=start, key=key)
        images, taps = gan.forward(gan.params, latents, None)
        labels = None if segmenter is None else labels_of(segmenter, images)
        accumulators, not_finite = {}, {}
        for layer, named in chunk.accumulators.items():
            seen = Seen(taps[layer], weights, numbers, labels, latents, taps)
            accumulators[layer] = {k: a.update(seen) for k, a in named.items()}
            # 0 times what is not finite is no number. A sum takes a third of what it
            # takes to look at every number.
            finite = jnp.isfinite(jnp.sum(0 * taps[layer]))
            now = jnp.where(finite, jnp.int32(NEVER), i)
            not_finite[layer] = jnp.minimum(chunk.not_finite[layer], now)
        ends = chunk.labels
        if labels is not None:
            ends = jnp.stack(
                [jnp.minimum(ends[0], labels.min()), jnp.maximum(ends[1], labels.max())]
            )
        return Chunk(accumulators, not_finite, ends)

    never = {layer: jnp.int32(NEVER) for layer in zeros}
    start = Chunk(zeros, never, jnp.full((2,), -1, jnp.int32))
    chunk = jax.lax.fori_loop(first, first + num_batches, batch, start)
    return chunk if mesh is None else _merged(chunk, zeros, mesh)


def _merged(chunk: Chunk, zeros: Accumulators, mesh: Mesh) -> Chunk:
    """Returns the chunks of all devices together, on each of them."""
    everyone = jax.lax.all_gather(chunk, mesh.axis_names[0])
    accumulators = zeros
    for device in range(mesh.size):
        here = jax.tree.map(lambda x, i=device: x[i], everyone.accumulators)
        accumulators = merge_all(accumulators, here)
    first = {layer: x.min(axis=0) for layer, x in everyone.not_finite.items()}
    ends = jnp.stack([everyone.labels[:, 0].min(), everyone.labels[:, 1].max()])
    return Chunk(accumulators, first, ends)


def merge_all(a: Accumulators, b: Accumulators) -> Accumulators:
    """Returns every accumulator of `a` merged with its own of `b`."""
    return {
        layer: {name: mine.merge(b[layer][name]) for name, mine in named.items()}
        for layer, named in a.items()
    }


def labels_of(
    segmenter: Segmenter, images: Images
) -> Int[Array, "image label_row label_col slot"]:
    """Returns the labels of images, int32, with a last axis for several of a pixel.

    The segmenter is shown what a picture shows: what lies outside [-1, 1], as some
    generators have it, is cut off.

    Raises:
        ValueError: If they have another shape, or are no integers.
    """
    labels = segmenter.segment(jnp.clip(images, -1, 1))
    shape, dtype = jnp.shape(labels), jnp.result_type(labels)
    if len(shape) not in (3, 4) or shape[0] != len(images):
        raise ValueError(
            f"The segmenter returns labels of shape {shape} for {len(images)} images; "
            "it must return (image, row, col), or (image, row, col, slot)."
        )
    if not jnp.issubdtype(dtype, jnp.integer):
        raise ValueError(f"The segmenter returns {dtype} labels; they are integers.")
    labels = labels.astype(jnp.int32)
    return labels if labels.ndim == 4 else labels[..., None]
