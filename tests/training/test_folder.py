"""The folder of a run that an older jgan wrote, whose config had fewer fields."""

import dataclasses
import json

import pytest

from jgan.training._folder import check_config, write_config


@dataclasses.dataclass(frozen=True)
class _Change:
    after: int
    decays: tuple[float, ...] | None = None


@dataclasses.dataclass(frozen=True)
class _Config:
    seed: int
    rates: tuple[float, ...] = (0.5,)
    decay: float | None = None
    change: _Change = _Change(7)
    changes: tuple[_Change, ...] = (_Change(1), _Change(2))


_PATHS = [("decay",), ("rates",), ("change",), ("change", "decays")]
_PATHS += [("changes", 0, "decays"), ("changes", 1, "decays")]


def _without(folder, *path):
    file = folder / "run.json"
    fields = json.loads(file.read_text())
    inner = fields
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    file.write_text(json.dumps(fields))


@pytest.mark.parametrize("path", _PATHS, ids=str)
def test_what_an_older_run_did_not_know_was_as_by_default(tmp_path, path):
    write_config(tmp_path, _Config(3))
    _without(tmp_path, *path)
    check_config(tmp_path, _Config(3))


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (_Config(3, decay=0.5), "started with decay None, not 0.5"),
        (_Config(4), "started with seed 3, not 4"),
        (_Config(3, changes=(_Change(1, (0.5,)), _Change(2))), "started with changes"),
        (_Config(3, changes=(_Change(1),)), "started with changes"),
        (_Config(3, changes=(*_Config(3).changes, _Change(3))), "started with changes"),
    ],
)
def test_another_value_is_another_run(tmp_path, now, message):
    write_config(tmp_path, _Config(3))
    _without(tmp_path, "decay")
    _without(tmp_path, "changes", 0, "decays")
    with pytest.raises(ValueError, match=message):
        check_config(tmp_path, now)
