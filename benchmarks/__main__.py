"""The command ``python -m benchmarks``."""

import argparse
import pathlib
import sys

from benchmarks import bench_sampling, compare, harness
from benchmarks.specs import SAMPLING


def main() -> None:
    """Runs the benchmark that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="command", required=True)
    sampling = commands.add_parser("sampling", help=bench_sampling.__doc__)
    sampling.add_argument("--json", type=pathlib.Path, help="write JSON lines here")
    sampling.add_argument(
        "--workload", nargs="+", choices=SAMPLING, default=tuple(SAMPLING)
    )
    comparison = commands.add_parser("compare", help=compare.__doc__)
    comparison.add_argument("old", type=pathlib.Path)
    comparison.add_argument("new", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.command == "compare":
        compare.compare(arguments.old, arguments.new)
        return
    measurements = bench_sampling.measure_all(
        workloads=tuple(arguments.workload),
        report=lambda text: print(text, file=sys.stderr),
    )
    harness.print_table(measurements)
    if arguments.json:
        arguments.json.write_text("".join(m.to_json() + "\n" for m in measurements))


if __name__ == "__main__":
    main()
