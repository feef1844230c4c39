"""Runs a generator over many images and gathers statistics of its layers.

One compiled program takes a number of batches; a loop on the host runs it, merges what
it gives in 64 bits, saves, and tells how far it is. Activations, images and latents
exist one batch at a time, so memory depends on units and concepts alone.
"""

import pathlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import PRNGKeyArray

from jgan.gan import Gan
from jgan.stats._batches import check_finite, check_labels, check_layers
from jgan.stats._chunk import (
    NEVER,
    Accumulators,
    Chunk,
    labels_of,
    merge_all,
    run_chunk,
)
from jgan.stats._fingerprint import fingerprint
from jgan.stats._resume import Saved
from jgan.stats._segmenting import as_pytree
from jgan.typing import Segmenter

# Batches in one program, at most. Between programs the host merges, which for
# histograms of many units takes as long as a batch or two.
_BATCHES = 32
# A program counts in 32 bits, the host in 64.
_MOST_PIXELS = 2**31 - 1


def collect(
    gan: Gan,
    accumulators: Accumulators,
    *,
    num_images: int,
    batch_size: int,
    segmenter: Segmenter | None = None,
    mesh: Mesh | None = None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> dict[str, dict[str, Any]]:
    """Returns the accumulators filled, as NumPy arrays of 64 bits.

    Image `i` depends on `key` and `i` alone, so every batch size and any number of
    devices see the same images. Same compiled shapes give the same bits; others round
    convolutions differently, about 1e-6 of a layer's maximum.

    Args:
        gan: The generator.
        accumulators: Empty ones, by layer of ``gan.layers`` and by a name of your own.
        num_images: How many images, with classes drawn evenly.
        batch_size: Images at a time. The last batch is padded, at no weight.
        segmenter: Labels the images for `Overlap`. A pytree or any hashable object.
        mesh: Devices of one axis that share each batch, in any number of processes.
        resume: A file to save to after each chunk of batches, and to go on from if it
            is there. It stays when all is done. Of several processes, the first one's.
            A segmenter is known again by its arrays, its fields and its code, not by
            other attributes of a plain object.
        progress: Called with the share done, after each chunk.
        key: Consumed whole.

    Raises:
        ValueError: If a layer does not exist, a size does not fit, an activation is not
            finite (the message names the layer and the batch), labels have a wrong
            shape or name no concept, or `resume` is damaged or of another run.
    """
    check_layers(gan, tuple(accumulators))
    if num_images < 1 or batch_size < 1:
        raise ValueError(
            f"num_images is {num_images} and batch_size {batch_size}; give at least 1."
        )
    if mesh is not None and (len(mesh.axis_names) != 1 or batch_size % mesh.size):
        raise ValueError(
            f"{batch_size} images cannot be shared by a mesh of shape "
            f"{dict(mesh.shape)}; it has one axis, whose size divides the batch."
        )
    total: Accumulators = jax.tree.map(_wide, accumulators)
    saved, done = None, 0
    if resume is not None:
        identity = fingerprint(
            gan, accumulators, segmenter, (num_images, batch_size), key
        )
        shared = mesh is not None and mesh.is_multi_process
        saved = Saved(resume, identity, shared)
        total, done = saved.load(total)
    num_batches = -(-num_images // batch_size)
    most = _batches_at_once(gan, tuple(accumulators), segmenter, batch_size)
    while done < num_batches:
        count = min(most, num_batches - done)
        chunk = jax.device_get(
            run_chunk(
                gan,
                accumulators,
                None if segmenter is None else as_pytree(segmenter),
                key,
                jnp.int32(done),
                jnp.int32(count),
                jnp.int32(num_images),
                batch_size=batch_size,
                mesh=mesh,
            )
        )
        _check(gan, chunk, segmenter)
        total = merge_all(total, chunk.accumulators)
        done += count
        if saved is not None:
            saved.save(total, done)
        if progress is not None:
            progress(min(1.0, done * batch_size / num_images))
    return {layer: dict(total[layer]) for layer in accumulators}


def _batches_at_once(
    gan: Gan, layers: tuple[str, ...], segmenter: Segmenter | None, batch_size: int
) -> int:
    sizes = [gan.layers[layer].rows * gan.layers[layer].cols for layer in layers]
    if segmenter is not None:
        side = gan.resolution
        images = jax.ShapeDtypeStruct((batch_size, side, side, 3), jnp.float32)
        labels = jax.eval_shape(labels_of, as_pytree(segmenter), images)
        sizes.append(labels.shape[1] * labels.shape[2])
    most = _MOST_PIXELS // max(sizes, default=1)
    if batch_size > most:
        raise ValueError(
            f"batch_size is {batch_size}; of {max(sizes):,} pixels, {most} images can "
            "be counted at a time."
        )
    return min(_BATCHES, most // batch_size)


def _wide(leaf: Any) -> np.ndarray:
    leaf = np.asarray(leaf)
    kind = np.int64 if np.issubdtype(leaf.dtype, np.integer) else np.float64
    return leaf.astype(kind)


def _check(gan: Gan, chunk: Chunk, segmenter: Segmenter | None) -> None:
    # jit returns dicts sorted by name; the first layer at fault is to be named.
    batches = {n: int(chunk.not_finite[n]) for n in gan.layers if n in chunk.not_finite}
    first = min(batches.values(), default=NEVER)
    if first != NEVER:
        check_finite(
            {n: np.asarray(b != first) for n, b in batches.items()}, batch=first
        )
    if segmenter is not None:
        check_labels(segmenter, *chunk.labels.tolist())
