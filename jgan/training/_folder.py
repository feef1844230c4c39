"""The folder of a run: its config and its log, beside the checkpoints."""

import dataclasses
import json
import os
import pathlib
from typing import Any

_RUN = "run.json"
# Of what every report tells, and of what is measured at checkpoints.
LOG, MEASURES = "metrics.jsonl", "measures.jsonl"


def write_config(out: pathlib.Path, config: Any) -> None:
    """Writes down what the run trains."""
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / _RUN, _text(config))


def check_config(out: pathlib.Path, config: Any) -> None:
    """Refuses to go on with another config than the run was started with.

    Raises:
        ValueError: If a field differs; the message names it.
    """
    path = out / _RUN
    before, now = json.loads(path.read_text()), json.loads(_text(config))
    filled = _completed(before, config)
    before = json.loads(json.dumps(filled, default=dataclasses.asdict))
    differ = [
        f"{k} {v!r}, not {now.get(k)!r}" for k, v in before.items() if v != now.get(k)
    ]
    if differ:
        raise ValueError(
            f"{out} was started with {'; '.join(differ)}. Resume with that."
        )


def _completed(before: Any, config: Any) -> Any:
    """Returns what was written of a config, with defaults of fields that came later.

    An older jgan did without them as a default does.
    """
    if isinstance(config, tuple) and isinstance(before, list):
        known = [_completed(*both) for both in zip(before, config, strict=False)]
        return known + before[len(known) :]
    if not (dataclasses.is_dataclass(config) and isinstance(before, dict)):
        return before
    later = {
        field.name: field.default
        for field in dataclasses.fields(config)
        if field.default is not dataclasses.MISSING
    }
    written = {k: _completed(v, getattr(config, k, None)) for k, v in before.items()}
    return later | written


def _text(config: Any) -> str:
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def append_log(out: pathlib.Path, log: str, **fields: Any) -> None:
    """Appends a line of JSON to a log of the run, `LOG` or `MEASURES`."""
    with (out / log).open("a") as file:
        file.write(json.dumps(fields) + "\n")


def cut_logs(out: pathlib.Path, *, step: int) -> None:
    """Drops what the logs say of later steps, which a resumed run does again."""
    for path in (out / LOG, out / MEASURES):
        if path.exists():
            lines = path.read_text().splitlines()
            kept = [line for line in lines if _step(line) <= step]
            _replace(path, "".join(f"{line}\n" for line in kept))


def _step(line: str) -> int | float:
    try:
        return json.loads(line)["step"]
    except ValueError:
        # The process was killed while it wrote this line.
        return float("inf")


def _replace(path: pathlib.Path, text: str) -> None:
    scratch = path.with_name(f".{path.name}.tmp")
    scratch.write_text(text)
    os.replace(scratch, path)
