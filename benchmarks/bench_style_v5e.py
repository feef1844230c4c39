"""Ops of StyleGAN2 as a TPU v5e would run them, without having one.

Programs are compiled ahead of time, for layers of a generator of 1024 pixels, by an
environment with ``jax[tpu]``. Cycles and bytes are XLA's estimates. Beside them stands
what no kernel could do without: to read what comes in and write what goes out, once.
"""

import argparse
import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import v5e

_IMAGES = 4
_IMPLEMENTATIONS = {
    "fir_upsample_conv": ("phases", "reference"),
    "modulated_conv": ("scaled", "reference"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer:
    """An op at one size.

    Attributes:
        op: Its name in `jgan.ops`.
        side: Rows and columns of what comes in.
        units_in: Units of what comes in.
        units: Units of what goes out.
        dtype: Of all.
    """

    op: str
    side: int
    units_in: int
    units: int
    dtype: str


WORKLOADS = {
    f"{op}-{side}px-{units_in}to{units}-{dtype}": Layer(
        op=op, side=side, units_in=units_in, units=units, dtype=dtype
    )
    for op, sizes in (
        ("fir_upsample_conv", ((32, 512, 512), (128, 256, 128), (512, 64, 32))),
        ("modulated_conv", ((64, 512, 512), (256, 128, 128), (1024, 32, 32))),
    )
    for side, units_in, units in sizes
    for dtype in ("float32", "bfloat16")
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Analysis:
    """One implementation of one layer, compiled for a batch.

    Attributes:
        workload: Name in `WORKLOADS`.
        implementation: Of the op.
        images: In the batch.
        flops: By XLA.
        bytes_accessed: By XLA.
        least_bytes: Of what comes in and goes out.
        cycles: XLA's estimate.
        temporary_bytes: Of main memory.
        device: What it is compiled for, and by which libtpu.
    """

    workload: str
    implementation: str
    images: int
    flops: float
    bytes_accessed: float
    least_bytes: int
    cycles: int
    temporary_bytes: int
    device: str
    benchmark: str = "style-v5e"

    def to_json(self) -> str:
        """Returns the record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))


def measure_all(
    *, workloads: tuple[str, ...], report: Callable[[str], None]
) -> list[Analysis]:
    """Returns every workload on every implementation of its op.

    Args:
        workloads: Names in `WORKLOADS`.
        report: Told what is being compiled.
    """
    analyses = []
    for workload in workloads:
        for implementation in _IMPLEMENTATIONS[WORKLOADS[workload].op]:
            report(f"{workload} {implementation}")
            found = v5e.in_process(__spec__.name, workload, implementation)
            analyses.append(Analysis(**found))
    return analyses


def print_table(analyses: Sequence[Analysis]) -> None:
    """Prints how many times fewer cycles the first form takes, then the figures."""
    table = Table(box=box.SIMPLE)
    for column in ("workload", "implementation", "the first takes fewer cycles by"):
        table.add_column(column)
    for column in ("kilocycles", "Gflop", "MB accessed", "MB at least"):
        table.add_column(column, justify="right")
    base: dict[str, int] = {}
    for a in analyses:
        first = base.setdefault(a.workload, a.cycles)
        table.add_row(
            a.workload,
            a.implementation,
            f"{a.cycles / first:.2f} x",
            f"{a.cycles / 1e3:,.0f}",
            f"{a.flops / 1e9:.1f}",
            f"{a.bytes_accessed / 1e6:,.0f}",
            f"{a.least_bytes / 1e6:,.0f}",
        )
    Console(width=140).print(table)


def analyze(workload: str, implementation: str) -> Analysis:
    """Returns one layer of one implementation, compiled in this process.

    Args:
        workload: Name in `WORKLOADS`.
        implementation: Of its op.
    """
    import functools

    import jax

    from jgan import ops

    layer, device = WORKLOADS[workload], v5e.device()
    there = jax.sharding.SingleDeviceSharding(device)
    shapes: list[tuple[int, ...]] = [
        (_IMAGES, layer.side, layer.side, layer.units_in),
        (3, 3, layer.units_in, layer.units),
    ]
    if layer.op == "modulated_conv":
        shapes.append((_IMAGES, layer.units_in))
    arguments = [jax.ShapeDtypeStruct(s, layer.dtype, sharding=there) for s in shapes]
    op = functools.partial(getattr(ops, layer.op), implementation=implementation)
    compiled: Any = jax.jit(op).lower(*arguments).compile()
    cost, memory = compiled.cost_analysis(), compiled.memory_analysis()
    out: Any = jax.eval_shape(op, *arguments)
    both_ways = [*arguments, out]
    return Analysis(
        workload=workload,
        implementation=implementation,
        images=_IMAGES,
        flops=cost["flops"],
        bytes_accessed=cost["bytes accessed"],
        least_bytes=sum(a.size * a.dtype.itemsize for a in both_ways),
        cycles=v5e.estimated_cycles(compiled),
        temporary_bytes=memory.temp_size_in_bytes,
        device=v5e.name_of(device),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("implementation")
    print(analyze(**vars(parser.parse_args())).to_json())
