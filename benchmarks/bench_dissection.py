"""Counts of units and concepts: jgan jitted against the algorithm of GAN Dissection.

Maps and segmentations are made beforehand; what is timed is the overlap. Every
implementation runs in a process of its own, on two threads, and they take turns.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from benchmarks import harness
from benchmarks.specs import DISSECTION, Dissection

IMPLEMENTATIONS = ("jgan", "torch-eager")
_REPEATS = 6
# Share of the pixels above a threshold, the default of a dissection.
_ABOVE = 0.005


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[harness.Measurement]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `DISSECTION`.
        report: Told what is being measured.
    """
    return harness.take_turns(__spec__.name, workloads, IMPLEMENTATIONS, report=report)


def measure(workload: str, implementation: str) -> harness.Measurement:
    """Returns one workload on one implementation, measured in this process."""
    spec = DISSECTION[workload]
    time = _time_jgan if implementation == "jgan" else _time_torch
    first, times = time(spec)
    return harness.Measurement(
        benchmark="dissection",
        workload=f"{spec.name} batch {spec.batch_size}",
        implementation=implementation,
        times_s=tuple(times),
        compile_s=max(first - float(np.median(times)), 0.0),
        peak_memory_bytes=harness.peak_memory_bytes(),
        device=harness.device(),
    )


def inputs(
    spec: Dissection,
) -> tuple[
    Float[np.ndarray, "image row col unit"],
    Float[np.ndarray, " unit"],
    Int[np.ndarray, "image label_row label_col"],
]:
    """Returns smooth maps, thresholds, and a segmentation into as many patches."""
    random = np.random.default_rng(0)
    shape = (spec.batch_size, spec.rows // 4, spec.rows // 4, spec.units)
    coarse = random.standard_normal(shape).astype(np.float32)
    smooth = coarse.repeat(4, axis=1).repeat(4, axis=2)
    fine = random.standard_normal((*smooth.shape[:3], spec.units)).astype(np.float32)
    maps = np.maximum(smooth + np.float32(0.3) * fine, 0)
    thresholds = np.quantile(maps, 1 - _ABOVE, axis=(0, 1, 2)).astype(np.float32)
    patches = random.integers(0, spec.shown, (spec.batch_size, 8, 8))
    names = random.permuted(
        np.tile(np.arange(spec.concepts), (spec.batch_size, 1)), axis=1
    )
    labels = np.take_along_axis(names[:, None, :], patches, axis=2)
    factor = spec.resolution // 8
    return maps, thresholds, labels.repeat(factor, axis=1).repeat(factor, axis=2)


def _time_jgan(spec: Dissection) -> tuple[float, list[float]]:
    import functools

    import jax
    import jax.numpy as jnp

    from jgan import ops

    maps, thresholds, labels = inputs(spec)
    arguments = (
        jnp.asarray(maps),
        jnp.asarray(thresholds),
        jnp.asarray(labels, jnp.int32)[..., None],
    )
    count = jax.jit(functools.partial(ops.overlap_counts, num_concepts=spec.concepts))
    return harness.time_calls(
        lambda: jax.block_until_ready(count(*arguments)), repeats=_REPEATS
    )


def _time_torch(spec: Dissection) -> tuple[float, list[float]]:
    import torch

    from benchmarks.torch_dissection import overlap_counts

    torch.set_num_threads(harness.THREADS)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    arrays = (torch.from_numpy(array).to(device) for array in inputs(spec))
    maps, thresholds, labels = arrays
    maps = maps.permute(0, 3, 1, 2).contiguous()

    def run() -> None:
        counts = overlap_counts(maps, thresholds, labels, spec.concepts)
        for count in counts:
            count.cpu()

    return harness.time_calls(run, repeats=_REPEATS)


if __name__ == "__main__":
    harness.main_of_child(measure, DISSECTION, IMPLEMENTATIONS)
