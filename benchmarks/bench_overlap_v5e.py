"""Counts of units and concepts as a TPU v5e would run them, without having one.

Programs are compiled ahead of time for one image, by an environment with ``jax[tpu]``.
XLA knows what its own operations cost. It does not look into a kernel: flops and bytes
are then what `pl.CostEstimate` tells it, and cycles are counted in the compiled kernel,
where a bundle of instructions takes one.
"""

import argparse
import dataclasses
import functools
import json
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import v5e
from benchmarks.specs import DISSECTION, Dissection

IMPLEMENTATIONS = ("fused", "dense", "dense-bfloat16")
WORKLOADS = {
    f"{spec.name}-maps{rows}": dataclasses.replace(spec, rows=rows)
    for spec in DISSECTION.values()
    # At 64 pixels, maps of 32 are enlarged by 2 only.
    for rows in ((16,) if spec.resolution == 64 else (16, 32))
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Analysis:
    """One workload of one implementation, compiled.

    Attributes:
        workload: What is computed, for one image.
        implementation: By whom.
        flops: By XLA or `pl.CostEstimate`, for one image.
        bytes_accessed: By XLA or `pl.CostEstimate`, for one image.
        optimal_seconds: What XLA makes of both.
        cycles: XLA's estimate of its operations, and the bundles of a kernel.
        images: In the batch of the last two.
        temporary_bytes: Of main memory, for a batch.
        peak_bytes: Of both memories and with what goes in and out, for a batch.
        compile_s: For a batch.
        device: What it is compiled for, and by which libtpu.
    """

    workload: str
    implementation: str
    flops: float
    bytes_accessed: float
    optimal_seconds: float
    cycles: int
    images: int
    temporary_bytes: int
    peak_bytes: int
    compile_s: float
    device: str
    benchmark: str = "overlap-v5e"

    def to_json(self) -> str:
        """Returns the record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[Analysis]:
    """Returns every workload on every implementation.

    Args:
        workloads: Names in `WORKLOADS`.
        report: Told what is being compiled.
    """
    analyses = []
    for workload in workloads:
        for implementation in IMPLEMENTATIONS:
            report(f"{workload} {implementation}")
            analyses.append(_in_process(workload, implementation))
    return analyses


def print_table(analyses: Sequence[Analysis]) -> None:
    """Prints how many times fewer cycles the kernel takes, then the figures."""
    table = Table(box=box.SIMPLE)
    for column in ("workload", "implementation", "fused takes fewer cycles by"):
        table.add_column(column)
    for column in ("cycles", "Mflop", "MB accessed", "optimal us", "peak MiB"):
        table.add_column(column, justify="right")
    base = {a.workload: a.cycles for a in analyses if a.implementation == "fused"}
    for a in analyses:
        ours = a.implementation == "fused"
        table.add_row(
            a.workload,
            a.implementation,
            "" if ours else f"{a.cycles / base[a.workload]:.1f} x",
            f"{a.cycles:,}",
            f"{a.flops / 1e6:,.0f}",
            f"{a.bytes_accessed / 1e6:.1f}",
            f"{a.optimal_seconds * 1e6:.1f}",
            f"{a.peak_bytes / 2**20:.0f}",
        )
    Console(width=140).print(table)


def _in_process(workload: str, implementation: str) -> Analysis:
    arguments, flags = [workload, implementation], {}
    with tempfile.TemporaryDirectory() as folder:
        if implementation == "fused":
            flags = v5e.dump_flags(folder)
            arguments.append(folder)
        return Analysis(**v5e.in_process(__spec__.name, *arguments, flags=flags))


def analyze(workload: str, implementation: str, folder: pathlib.Path | None) -> Any:
    """Returns one workload of one implementation, compiled in this process.

    Args:
        workload: Name in `WORKLOADS`.
        implementation: Name in `IMPLEMENTATIONS`.
        folder: Where the compiler writes its schedule of a kernel.
    """
    import time

    spec, device = WORKLOADS[workload], v5e.device()
    one = _compile(spec, implementation, 1, device)
    kernel = 0 if folder is None else _kernel_cycles(folder, spec)
    start = time.perf_counter()
    batch = _compile(spec, implementation, spec.batch_size, device)
    seconds = time.perf_counter() - start
    cost, memory = one.cost_analysis(), batch.memory_analysis()
    return Analysis(
        workload=workload,
        implementation=implementation,
        flops=cost["flops"],
        bytes_accessed=cost["bytes accessed"],
        optimal_seconds=cost["optimal_seconds"],
        cycles=kernel + v5e.estimated_cycles(one),
        images=spec.batch_size,
        temporary_bytes=memory.temp_size_in_bytes,
        peak_bytes=memory.peak_memory_in_bytes,
        compile_s=seconds,
        device=v5e.name_of(device),
    )


def _compile(spec: Dissection, implementation: Any, images: int, device: Any) -> Any:
    import jax
    import jax.numpy as jnp

    from jgan import ops

    if implementation == "dense-bfloat16":
        count = _dense_bfloat16
    else:
        count = functools.partial(ops.overlap_counts, implementation=implementation)
    count = functools.partial(count, num_concepts=spec.concepts)
    there = jax.sharding.SingleDeviceSharding(device)
    maps = (images, spec.rows, spec.rows, spec.units)
    labels = (images, spec.resolution, spec.resolution, 1)
    shapes = [
        jax.ShapeDtypeStruct(maps, jnp.float32, sharding=there),
        jax.ShapeDtypeStruct((spec.units,), jnp.float32, sharding=there),
        jax.ShapeDtypeStruct(labels, jnp.int32, sharding=there),
    ]
    return jax.jit(count).lower(*shapes).compile()


def _dense_bfloat16(activation, thresholds, labels, *, num_concepts: int) -> Any:
    """Returns what `dense` does, with factors of half the size, which hold 0 and 1."""
    import jax
    import jax.numpy as jnp

    from jgan.kernels.overlap_counts import reference

    def add(both: Any, image: Any) -> Any:
        maps, shown = image
        enlarged = reference.enlarge(maps, *shown.shape[:2])
        above = (enlarged > thresholds).reshape(-1, maps.shape[-1])
        concepts = jax.nn.one_hot(shown, num_concepts, dtype=jnp.bfloat16).sum(axis=2)
        counts = jnp.dot(
            above.astype(jnp.bfloat16).T,
            concepts.reshape(-1, num_concepts),
            preferred_element_type=jnp.float32,
        )
        return both + counts.astype(jnp.int32), above.sum(axis=0, dtype=jnp.int32)

    start = jnp.zeros((activation.shape[-1], num_concepts), jnp.int32)
    return jax.lax.scan(add, start, (activation, labels))


def _kernel_cycles(folder: pathlib.Path, spec: Dissection) -> int:
    """Returns the bundles of the kernel, each as often as its loop runs.

    For one image the loops are two: the pairs of rows of the map, and inside the rows
    of labels.
    """
    depths = v5e.bundles_by_depth(folder, "overlap_counts")
    runs = {0: 1, 1: spec.rows - 1, 2: spec.resolution}
    if depths.keys() != runs.keys():
        raise ValueError(
            f"The kernel has loops of depths {sorted(depths)}, not 0 to 2."
        )
    return sum(depths[depth] * number for depth, number in runs.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("implementation", choices=IMPLEMENTATIONS)
    parser.add_argument("folder", type=pathlib.Path, nargs="?")
    print(analyze(**vars(parser.parse_args())).to_json())
