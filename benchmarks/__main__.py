"""The command ``python -m benchmarks``."""

import argparse
import pathlib
import sys

from benchmarks import (
    bench_awareness,
    bench_components,
    bench_dissection,
    bench_eigengan,
    bench_memory,
    bench_overlap_v5e,
    bench_rendering,
    bench_sampling,
    bench_segments,
    bench_style_v5e,
    bench_training,
    compare,
    harness,
)
from benchmarks.specs import (
    AWARENESS,
    COMPONENTS,
    DISSECTION,
    EIGENGAN,
    SAMPLING,
    TRAINING,
)

_BENCHMARKS = {
    "sampling": (bench_sampling, SAMPLING, harness.print_table),
    "training": (bench_training, TRAINING, harness.print_table),
    "eigengan": (bench_eigengan, EIGENGAN, harness.print_table),
    "awareness": (bench_awareness, AWARENESS, harness.print_table),
    "dissection": (bench_dissection, DISSECTION, harness.print_table),
    "components": (bench_components, COMPONENTS, harness.print_table),
    "memory": (bench_memory, bench_memory.WORKLOADS, harness.print_table),
    "segments": (bench_segments, bench_segments.WORKLOADS, harness.print_table),
    "rendering": (bench_rendering, bench_rendering.WORKLOADS, harness.print_table),
    "overlap_v5e": (
        bench_overlap_v5e,
        bench_overlap_v5e.WORKLOADS,
        bench_overlap_v5e.print_table,
    ),
    "style_v5e": (
        bench_style_v5e,
        bench_style_v5e.WORKLOADS,
        bench_style_v5e.print_table,
    ),
}


def main() -> None:
    """Runs the benchmark that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (module, workloads, _) in _BENCHMARKS.items():
        one = commands.add_parser(name, help=module.__doc__)
        one.add_argument("--json", type=pathlib.Path, help="write JSON lines here")
        one.add_argument(
            "--workload", nargs="+", choices=workloads, default=tuple(workloads)
        )
    comparison = commands.add_parser("compare", help=compare.__doc__)
    comparison.add_argument("old", type=pathlib.Path)
    comparison.add_argument("new", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.command == "compare":
        compare.compare(arguments.old, arguments.new)
        return
    module, _, print_table = _BENCHMARKS[arguments.command]
    measurements = module.measure_all(
        workloads=tuple(arguments.workload),
        report=lambda text: print(text, file=sys.stderr),
    )
    print_table(measurements)
    if arguments.json:
        arguments.json.write_text("".join(m.to_json() + "\n" for m in measurements))


if __name__ == "__main__":
    main()
