"""The folder of a run that an older jgan wrote, whose config had fewer fields."""

import dataclasses
import json

import pytest

from jgan.training._folder import check_config, write_config


@dataclasses.dataclass(frozen=True)
class _Config:
    seed: int
    rates: tuple[float, ...] = (0.5,)
    decay: float | None = None


def _without(folder, name):
    path = folder / "run.json"
    fields = json.loads(path.read_text())
    del fields[name]
    path.write_text(json.dumps(fields))


@pytest.mark.parametrize("name", ["decay", "rates"])
def test_what_an_older_run_did_not_know_was_as_by_default(tmp_path, name):
    write_config(tmp_path, _Config(3))
    _without(tmp_path, name)
    check_config(tmp_path, _Config(3))


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (_Config(3, decay=0.5), "started with no decay, and so not 0.5"),
        (_Config(4), "started with seed 3, not 4"),
    ],
)
def test_another_value_is_another_run(tmp_path, now, message):
    write_config(tmp_path, _Config(3))
    _without(tmp_path, "decay")
    with pytest.raises(ValueError, match=message):
        check_config(tmp_path, now)
