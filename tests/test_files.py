"""Files and folders appear whole or not at all, whatever fails on the way."""

import os
import pathlib
import stat

import pytest

from jgan.files import whole_file, whole_folder


def _write(folder, text):
    with whole_folder(folder) as new:
        (new / "file").write_text(text)


def test_it_appears_and_is_replaced(tmp_path):
    folder = tmp_path / "deep" / "folder"
    _write(folder, "one")
    _write(folder, "two")
    assert (folder / "file").read_text() == "two"
    assert [*folder.parent.iterdir()] == [folder]


def test_a_failure_inside_leaves_what_was_there(tmp_path):
    _write(tmp_path / "folder", "one")

    def stop_half_way():
        with whole_folder(tmp_path / "folder") as new:
            (new / "file").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert (tmp_path / "folder" / "file").read_text() == "one"
    assert [*tmp_path.iterdir()] == [tmp_path / "folder"]


def test_a_failing_rename_brings_the_old_one_back(tmp_path, monkeypatch):
    _write(tmp_path / "folder", "one")
    rename = pathlib.Path.rename

    def fail_for_new(self, target):
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(pathlib.Path, "rename", fail_for_new)
    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path / "folder", "two")
    assert (tmp_path / "folder" / "file").read_text() == "one"


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    _write(tmp_path / "link", "one")
    _write(tmp_path / "link", "two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target" / "file").read_text() == "two"


def test_its_files_are_as_open_as_any(tmp_path):
    with whole_folder(tmp_path / "folder") as new:
        (new / "private").touch(mode=0o600)
    (tmp_path / "usual").touch()
    mode = lambda path: stat.S_IMODE(os.stat(path).st_mode)
    assert mode(tmp_path / "folder" / "private") == mode(tmp_path / "usual")


def test_a_file_appears_whole_and_is_as_open_as_any(tmp_path):
    path = tmp_path / "deep" / "file"
    for text in ("one", "two"):
        with whole_file(path) as new:
            new.write_text(text)
            new.chmod(0o600)
            assert not path.exists() or path.read_text() == "one"
    assert path.read_text() == "two"
    (tmp_path / "usual").touch()
    mode = lambda path: stat.S_IMODE(os.stat(path).st_mode)
    assert mode(path) == mode(tmp_path / "usual")
    assert [*path.parent.iterdir()] == [path]


def test_a_failure_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "file").write_text("one")

    def stop_half_way():
        with whole_file(tmp_path / "file") as new:
            new.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert (tmp_path / "file").read_text() == "one"
    assert [*tmp_path.iterdir()] == [tmp_path / "file"]
