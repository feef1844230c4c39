"""Measurements: taken in processes that take turns, as records, lines and a table."""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

THREADS = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """One workload on one implementation. Times are in seconds.

    Attributes:
        benchmark: Which benchmark it belongs to.
        workload: What was computed.
        implementation: Who computed it.
        times_s: Every timed run, warm.
        compile_s: What the first run cost beyond a warm one.
        peak_memory_bytes: Largest resident size of the process that ran it alone, or
            what the run added to it, where the benchmark says so.
        device: What it ran on.
        variant: What the implementation chose, for instance a memory layout.
    """

    benchmark: str
    workload: str
    implementation: str
    times_s: tuple[float, ...]
    compile_s: float
    peak_memory_bytes: int
    device: str
    variant: str = ""

    @property
    def median_s(self) -> float:
        """Median of the timed runs."""
        return statistics.median(self.times_s)

    def to_json(self) -> str:
        """Returns the record as one line of JSON."""
        return json.dumps(dataclasses.asdict(self) | {"median_s": self.median_s})


def from_json(line: str) -> Measurement:
    """Returns the record of a line that `Measurement.to_json` wrote."""
    fields = json.loads(line)
    fields.pop("median_s")
    return Measurement(**fields | {"times_s": tuple(fields["times_s"])})


def read(path: pathlib.Path) -> list[Measurement]:
    """Returns the records of a file of JSON lines."""
    return [from_json(line) for line in path.read_text().splitlines() if line]


def time_calls(run: Callable[[], Any], *, repeats: int) -> tuple[float, list[float]]:
    """Returns the time of the first call, and of `repeats` further ones."""
    times = []
    for _ in range(1 + repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times[0], times[1:]


def take_turns(
    module: str,
    workloads: Iterable[str],
    implementations: Sequence[str],
    *,
    report: Callable[[str], None],
    rounds: int = 3,
    huge_pages: bool = False,
) -> list[Measurement]:
    """Returns every workload on every implementation, each in a process of its own.

    The processes take turns for a few rounds, so that a drift of the machine meets them
    all.

    Args:
        module: What to run; it calls `main_of_child`.
        workloads: Names that it knows.
        implementations: Names that it knows.
        report: Told what is being measured.
        rounds: How often each has its turn.
        huge_pages: Whether glibc asks for huge pages in every process, as `jgan train`
            has it.
    """
    measurements = []
    for workload in workloads:
        found: dict[str, list[Measurement]] = {i: [] for i in implementations}
        for number in range(rounds):
            for implementation in implementations:
                report(f"{workload} {implementation} round {number + 1} of {rounds}")
                found[implementation].append(
                    _in_process(module, workload, implementation, huge_pages)
                )
        measurements += [merge(one) for one in found.values()]
    return measurements


def _in_process(
    module: str, workload: str, implementation: str, huge_pages: bool
) -> Measurement:
    command = [sys.executable, "-m", module, workload, implementation]
    environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)}
    if huge_pages:
        tunables = environment.get("GLIBC_TUNABLES")
        huge = "glibc.malloc.hugetlb=1"
        environment["GLIBC_TUNABLES"] = f"{tunables}:{huge}" if tunables else huge
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(
            f"{workload} {implementation} failed:\n{done.stderr[-2000:]}"
        )
    return from_json(done.stdout.splitlines()[-1])


def main_of_child(
    measure: Callable[[str, str], Measurement],
    workloads: Collection[str],
    implementations: Sequence[str],
) -> None:
    """Measures what the command line names in this process; prints its JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("implementation", choices=implementations)
    arguments = parser.parse_args()
    # Before jax is imported: it counts the processors it may use.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    print(measure(arguments.workload, arguments.implementation).to_json())


def device() -> str:
    """Returns what this process runs on: the graphics card, if there is one."""
    huge = "glibc.malloc.hugetlb=1" in os.environ.get("GLIBC_TUNABLES", "")
    cores = f"cpu x {len(os.sched_getaffinity(0))}{', huge pages' if huge else ''}"
    return graphics_card() or cores


def graphics_card() -> str | None:
    """Returns the name of the graphics card, if its driver tells one."""
    driver = shutil.which("nvidia-smi")
    if driver is None:
        return None
    command = [driver, "--query-gpu=name", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or None


def peak_memory_bytes() -> int:
    """Returns the largest resident size this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def merge(rounds: Iterable[Measurement]) -> Measurement:
    """Returns the rounds of one implementation as one record."""
    rounds = list(rounds)
    return dataclasses.replace(
        rounds[0],
        times_s=tuple(t for one in rounds for t in one.times_s),
        compile_s=statistics.median(one.compile_s for one in rounds),
        peak_memory_bytes=max(one.peak_memory_bytes for one in rounds),
    )


def print_table(measurements: Sequence[Measurement], *, ours: str = "jgan") -> None:
    """Prints the ratio to `ours` first, then times with their spread, and memory."""
    table = Table(box=box.SIMPLE)
    for column in ("workload", "implementation", "jgan is faster by"):
        table.add_column(column)
    for column in ("median ms", "min..max ms", "compile s", "peak MiB"):
        table.add_column(column, justify="right")
    base = {m.workload: m.median_s for m in measurements if m.implementation == ours}
    for m in measurements:
        ratio = m.median_s / base.get(m.workload, math.nan)
        table.add_row(
            m.workload,
            f"{m.implementation} {m.variant}".strip(),
            "" if m.implementation == ours else f"{ratio:.2f} x",
            f"{1e3 * m.median_s:.0f}",
            f"{1e3 * min(m.times_s):.0f}..{1e3 * max(m.times_s):.0f}",
            f"{m.compile_s:.1f}",
            f"{m.peak_memory_bytes / 2**20:.0f}",
        )
    Console(width=120).print(table)
