"""Two files of results against each other, measurement by measurement."""

import pathlib

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import harness


def compare(old: pathlib.Path, new: pathlib.Path) -> None:
    """Prints how many times faster and smaller each measurement of `new` is."""
    key = lambda m: (m.benchmark, m.workload, m.implementation)
    before = {key(m): m for m in harness.read(old)}
    after = {key(m): m for m in harness.read(new)}
    table = Table(box=box.SIMPLE)
    for column in ("benchmark", "workload", "implementation"):
        table.add_column(column)
    for column in ("faster by", "spread", "compile faster by", "memory smaller by"):
        table.add_column(column, justify="right")
    for name in sorted(before.keys() & after.keys()):
        a, b = before[name], after[name]
        slowest, fastest = (
            min(a.times_s) / max(b.times_s),
            max(a.times_s) / min(b.times_s),
        )
        table.add_row(
            *name,
            f"{a.median_s / b.median_s:.2f} x",
            f"{slowest:.2f}..{fastest:.2f}",
            f"{a.compile_s / b.compile_s:.2f} x" if b.compile_s else "",
            f"{a.peak_memory_bytes / b.peak_memory_bytes:.2f} x",
        )
    console = Console(width=110)
    console.print(table)
    for name in sorted(before.keys() ^ after.keys()):
        console.print(f"only in {old if name in before else new}: {' '.join(name)}")
