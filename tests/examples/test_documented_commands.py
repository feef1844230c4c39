"""Every command that an example documents is one that it takes."""

import functools
import importlib.util
import pathlib
import re
import shlex

import pytest
import tyro

_EXAMPLES = sorted((pathlib.Path(__file__).parents[2] / "examples").glob("*.py"))
_COMMAND = re.compile(r"python (examples/\S+\.py[^\n\"]*)")


@pytest.mark.parametrize("path", _EXAMPLES, ids=lambda path: path.stem)
def test_documented_options_exist(path):
    text = path.read_text()
    commands = [shlex.split(command) for command in _COMMAND.findall(text)]
    assert commands
    assert {own for own, *_ in commands} == {f"examples/{path.name}"}
    if "tyro" not in text:
        assert all(not arguments for _, *arguments in commands)
        return
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    @functools.wraps(module.main)
    def taken(*args, **options):
        return True

    for _, *arguments in commands:
        # Exits where one is unknown.
        assert tyro.cli(taken, args=arguments)
