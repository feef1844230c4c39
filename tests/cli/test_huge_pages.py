"""Huge pages: asked for once, where the system gives them to those who ask."""

import os
import subprocess
import sys

import pytest

from jgan import cli
from jgan.cli import _huge_pages
from jgan.cli._huge_pages import restart_with_huge_pages

_HUGE = "glibc.malloc.hugetlb=1"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """Command lines that were started in place of this process, which goes on."""
    found = []
    enabled = tmp_path / "enabled"
    enabled.write_text("always [madvise] never\n")
    monkeypatch.setattr(_huge_pages, "_ENABLED", enabled)

    def execve(path, argv, environment):
        found.append((path, argv, environment["GLIBC_TUNABLES"]))

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "jgan.cli", "train", "x"])
    monkeypatch.setenv("GLIBC_TUNABLES", "")
    return found


@pytest.mark.parametrize("other", ["", "glibc.malloc.perturb=1"])
def test_the_same_command_starts_anew_and_once(started, other, monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", other)
    restart_with_huge_pages()
    want = [sys.executable, "-m", "jgan.cli", "train", "x"]
    tunables = f"{other}:{_HUGE}" if other else _HUGE
    assert started == [(sys.executable, want, tunables)]
    monkeypatch.setenv("GLIBC_TUNABLES", tunables)
    restart_with_huge_pages()
    assert len(started) == 1


@pytest.mark.parametrize("state", ["[always] madvise never", "always madvise [never]"])
def test_nothing_starts_where_nobody_is_to_ask(started, state):
    _huge_pages._ENABLED.write_text(state)
    restart_with_huge_pages()
    _huge_pages._ENABLED.unlink()
    restart_with_huge_pages()
    assert not started


def test_what_the_user_says_counts(started, monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
    restart_with_huge_pages()
    assert not started


def test_only_a_process_of_the_command_that_trains_starts_anew(started, monkeypatch):
    training = ["train", "nothing", "--out", "x"]
    assert cli.main(training) == 1
    assert not started
    report = ["interpretable", "report", "nothing", "--before", "nothing"]
    for command in (training, ["interpretable", *training], report, ["models"]):
        monkeypatch.setattr(sys, "argv", ["jgan", *command])
        cli.main()
    assert len(started) == 2


def test_a_process_that_cannot_start_anew_goes_on(started, monkeypatch):
    def refused(*_):
        raise OSError("Argument list too long")

    monkeypatch.setattr(os, "execve", refused)
    restart_with_huge_pages()
    assert os.environ["GLIBC_TUNABLES"] == ""


def test_a_process_keeps_its_number_and_its_arguments(tmp_path):
    (tmp_path / "enabled").write_text("always [madvise] never\n")
    code = (
        "import os, pathlib, sys; from jgan.cli import _huge_pages as pages; "
        "pages._ENABLED = pathlib.Path('enabled'); "
        "print(os.getpid(), sys.argv[1:], os.environ.get('GLIBC_TUNABLES')); "
        "sys.stdout.flush(); pages.restart_with_huge_pages()"
    )
    environment = {k: v for k, v in os.environ.items() if k != "GLIBC_TUNABLES"}
    done = subprocess.run(
        [sys.executable, "-c", code, "an argument", "--flag"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first.endswith(" ['an argument', '--flag'] None")
    assert second == first.replace("None", _HUGE)
