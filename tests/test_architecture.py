"""Imports point one way only. The table is the architecture."""

import ast
import pathlib
import statistics

import pytest

import jgan

ROOT = pathlib.Path(jgan.__file__).parent
# What a room may import of jgan beside itself and `typing`. Rooms to come are listed.
_ANALYSIS = {"gan", "taps", "stats", "metrics", "segment", "worlds", "linalg", "images"}
ALLOWED = {
    "typing": set(),
    "files": set(),
    "taps": set(),
    "images": set(),
    "linalg": set(),
    "kernels": set(),
    "ops": {"kernels"},
    "models": {"ops", "taps"},
    "gan": {"taps"},
    "convert": {"models", "gan", "files"},
    "zoo": {"convert", "gan", "segment"},
    "worlds": {"images"},
    "segment": {"ops", "worlds", "files"},
    "stats": {"ops", "gan"},
    "metrics": {"segment", "worlds", "linalg"},
    "training": {"ops", "models", "metrics", "worlds", "images", "files"},
    "dissect": _ANALYSIS,
    "awareness": _ANALYSIS | {"ops"},
    "components": _ANALYSIS,
    "inversion": _ANALYSIS,
    "eigengan": _ANALYSIS | {"training", "models"},
    "interpretable": _ANALYSIS | {"training", "models", "files"},
}
# May import anything, and nothing imports them. So may the package's own front page.
TOP = {"report", "studio", "cli", "__init__"}


def _files():
    return [f for f in ROOT.rglob("*.py") if "__pycache__" not in f.parts]


def _part(file):
    relative = file.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def _imported(file):
    package = ["jgan", *file.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*base, node.module or ""]).strip(".")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _rooms(file):
    names = (name.split(".") for name in _imported(file))
    return {name[1] for name in names if name[0] == "jgan" and len(name) > 1}


@pytest.mark.parametrize("file", _files(), ids=lambda f: str(f.relative_to(ROOT)))
def test_imports_follow_the_table(file):
    part = _part(file)
    if part in TOP:
        return
    assert part in ALLOWED, f"{part} is not in the table"
    assert _rooms(file) <= ALLOWED[part] | {part, "typing"}


def test_nothing_imports_the_top():
    for file in _files():
        if _part(file) not in TOP:
            assert not _rooms(file) & TOP, file


def test_flax_stays_where_networks_are():
    # These only take trees apart with flax.traverse_util, for files.
    allowed = {"models", "training", "segment"}
    for file in _files():
        names = {name for name in _imported(file) if name.startswith("flax")}
        if _part(file) in {"convert", "interpretable"}:
            names = {n for n in names if not n.startswith("flax.traverse_util")}
        assert not names or _part(file) in allowed, file


def test_files_are_short():
    lengths = {f: len(f.read_text().splitlines()) for f in _files()}
    assert max(lengths.values()) <= 400, max(lengths, key=lambda f: lengths[f])
    assert statistics.median(lengths.values()) <= 150


def test_a_forbidden_import_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    room = tmp_path / "ops"
    room.mkdir()
    for line in ("from jgan import models", "import jgan.zoo", "from .. import taps"):
        (room / "bad.py").write_text(line)
        assert not _rooms(room / "bad.py") <= ALLOWED["ops"] | {"ops"}, line
