"""Reads every file of a folder in a fresh process; one JSON line says how each went."""

import json
import pathlib
import sys
import time

import jgan  # noqa: F401
from jgan.convert.readers import CheckpointError, read_checkpoint


def _status(field):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) * 1024


def _reset_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def main(folder):
    idle = _status("VmRSS")
    for path in sorted(pathlib.Path(folder).iterdir()):
        _reset_peak()
        start = time.perf_counter()
        error = message = None
        try:
            content = read_checkpoint(path)
            del content
        except CheckpointError as refusal:
            message = str(refusal)
        except BaseException as other:
            error = f"{type(other).__name__}: {other}"[:300]
        line = {
            "name": path.name,
            "message": message,
            "error": error,
            "peak": _status("VmHWM") - idle,
            "seconds": time.perf_counter() - start,
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
