"""The command line as a whole: help, exit status, and errors without a traceback."""

import pytest

from jgan import cli, zoo


@pytest.mark.parametrize("argv", [(), ("--help",)])
def test_without_a_command_there_is_help(run, argv):
    status, out, _ = run(*argv)
    assert status == 0
    for command in ("tour", "models", "sample", "pull", "convert", "export"):
        assert f"• {command}" in out


def test_a_wrong_command_line_ends_with_two(run):
    assert run("sample")[0] == 2
    assert run("sample", "eyes", "--num", "many")[0] == 2
    assert run("paint")[0] == 2


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, ""),
        (
            PermissionError(13, "Permission denied", "x"),
            1,
            "jgan: x: Permission denied",
        ),
        (OSError(28, "No space left on device"), 1, "jgan: No space left on device."),
        (MemoryError("4 TB"), 1, "jgan: There is not enough memory."),
    ],
)
def test_what_goes_wrong_on_the_way_is_one_line(
    run, monkeypatch, error, status, message
):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(zoo, "load", fail)
    got, out, err = run("sample", "eyes")
    assert (got, out) == (status, "")
    assert err.startswith(message)
    assert err.count("\n") == (status == 1)


def test_a_bug_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(zoo, "load", lambda *args, **options: {}["bug"])
    with pytest.raises(KeyError):
        cli.main(["sample", "eyes"])


@pytest.mark.slow
def test_in_a_process_of_its_own(folder, start):
    good = start("sample", folder, "--num", "1")
    assert good.communicate()[1] == ""
    assert good.returncode == 0
    bad = start("sample", folder, "--num", "0")
    assert bad.communicate() == ("", "jgan: --num is 0. Ask for at least one image.\n")
    assert bad.returncode == 1
