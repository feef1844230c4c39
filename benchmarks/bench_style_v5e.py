"""Ops of StyleGAN2 as a TPU v5e would run them, without having one.

Programs are compiled ahead of time, for layers of a generator of 1024 pixels, by an
environment with ``jax[tpu]``, which chooses the layout of what comes in and goes out.
Cycles and bytes are XLA's estimates. It does not look into a kernel: there, cycles are
the most of three lower bounds, of its bundles of instructions, of the matrix units with
what they are loaded with, and of main memory. Beside them stands what no kernel could
do without: to read what comes in and write what goes out, once.
"""

import argparse
import dataclasses
import json
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import v5e

_IMAGES = 4
_IMPLEMENTATIONS = {
    "fir_upsample_conv": ("phases", "reference"),
    "modulated_conv": ("scaled", "reference", "fused"),
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
        (
            "modulated_conv",
            (
                (64, 512, 512),
                (128, 256, 256),
                (256, 128, 128),
                (512, 64, 64),
                (1024, 32, 32),
            ),
        ),
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
        cycles: XLA's estimate of its operations, and lower bounds of a kernel.
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
            # The kernel takes whole registers only.
            if implementation == "fused" and WORKLOADS[workload].side < v5e.MATRIX_SIDE:
                continue
            report(f"{workload} {implementation}")
            analyses.append(_in_process(workload, implementation))
    return analyses


def _in_process(workload: str, implementation: str) -> Analysis:
    with tempfile.TemporaryDirectory() as folder:
        found = v5e.in_process(
            __spec__.name,
            workload,
            implementation,
            folder,
            # All that is compiled would take minutes to write.
            flags=v5e.dump_flags(folder) if implementation == "fused" else None,
        )
    return Analysis(**found)


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


def analyze(workload: str, implementation: str, folder: pathlib.Path) -> Analysis:
    """Returns one layer of one implementation, compiled in this process.

    Args:
        workload: Name in `WORKLOADS`.
        implementation: Of its op.
        folder: Where the compiler writes its schedules.
    """
    import functools

    import jax
    from jax.experimental.layout import Format, Layout

    from jgan import ops

    layer, device = WORKLOADS[workload], v5e.device()
    anyhow = Format(Layout.AUTO, jax.sharding.SingleDeviceSharding(device))
    shapes: list[tuple[int, ...]] = [
        (_IMAGES, layer.side, layer.side, layer.units_in),
        (3, 3, layer.units_in, layer.units),
    ]
    if layer.op == "modulated_conv":
        shapes.append((_IMAGES, layer.units_in))
    arguments = [jax.ShapeDtypeStruct(s, layer.dtype) for s in shapes]
    # It is what the op takes of itself.
    choice = None if implementation == "fused" else implementation
    op = functools.partial(getattr(ops, layer.op), implementation=choice)
    jitted = jax.jit(op, in_shardings=[anyhow] * len(arguments), out_shardings=anyhow)
    compiled: Any = jitted.lower(*arguments).compile()
    kernel = _kernel_cycles(folder, layer) if implementation == "fused" else 0
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
        cycles=kernel + v5e.estimated_cycles(compiled),
        temporary_bytes=memory.temp_size_in_bytes,
        device=v5e.name_of(device),
    )


def _kernel_cycles(folder: pathlib.Path, layer: Layer) -> int:
    """Returns the most of three lower bounds, one for each part of the chip."""
    from jgan.kernels.each_image_conv import fused

    shape = (_IMAGES, layer.side, layer.side, layer.units_in)
    depths = v5e.bundles_by_depth(folder, "each_image_conv")
    if depths.keys() != {0, 1}:
        raise ValueError(f"The kernel has loops of depths {sorted(depths)}, not 0, 1.")
    rows = _IMAGES * layer.side
    block = fused.rows_at_a_time(shape, layer.units)
    bundles = depths[0] + depths[1] * rows // block
    # Three rows and pixels, whose squares each stay while all weights pass.
    squares = -(-3 * layer.units_in // v5e.MATRIX_SIDE) * (
        layer.side // v5e.MATRIX_SIDE
    )
    passes = squares * (3 * layer.units + v5e.MATRIX_SIDE)
    matrix = rows * passes // v5e.MATRIX_UNITS
    moved = layer.units + layer.units_in * (1 + 2 / block)
    size = 2 if layer.dtype == "bfloat16" else 4
    seconds = rows * layer.side * moved * size / v5e.BYTES_PER_S
    return max(bundles, matrix, round(seconds * v5e.CYCLES_PER_S))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("implementation")
    parser.add_argument("folder", type=pathlib.Path)
    print(analyze(**vars(parser.parse_args())).to_json())
