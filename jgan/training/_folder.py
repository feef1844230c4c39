"""The folder of a run: its config and its log, beside the checkpoints."""

import dataclasses
import json
import os
import pathlib

from jgan.training.state import Config

_RUN, _LOG = "run.json", "metrics.jsonl"


def write_config(out: pathlib.Path, config: Config) -> None:
    """Writes down what the run trains."""
    out.mkdir(parents=True, exist_ok=True)
    _replace(out / _RUN, _text(config))


def check_config(out: pathlib.Path, config: Config) -> None:
    """Refuses to go on with another config than the run was started with.

    Raises:
        ValueError: If a field differs; the message names it.
    """
    path = out / _RUN
    before, now = json.loads(path.read_text()), json.loads(_text(config))
    differ = [
        f"{k} {v!r}, not {now.get(k)!r}" for k, v in before.items() if v != now[k]
    ]
    if differ:
        raise ValueError(
            f"{out} was started with {'; '.join(differ)}. Resume with that."
        )


def _text(config: Config) -> str:
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def append_log(out: pathlib.Path, **fields: int | float) -> None:
    """Appends a line of JSON to the log of the run."""
    with (out / _LOG).open("a") as file:
        file.write(json.dumps(fields) + "\n")


def cut_log(out: pathlib.Path, *, step: int) -> None:
    """Drops what the log says of later steps, which a resumed run does again."""
    path = out / _LOG
    if path.exists():
        kept = [line for line in path.read_text().splitlines() if _step(line) <= step]
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
