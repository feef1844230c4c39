"""Files and folders that appear whole or not at all."""

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def whole_file(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a name; what the block writes there becomes `path` if it ends well.

    What was there before is replaced, in one step. The parent is made if needed; a link
    is followed.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".jgan-") as scratch:
        new = pathlib.Path(scratch) / path.name
        yield new
        _share(new.parent)
        new.replace(path)


@contextlib.contextmanager
def whole_folder(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields an empty folder that takes the place of `folder` if the block ends well.

    What was there before stays until then, and comes back if the last step fails. The
    parent is made if needed; a link is followed.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".jgan-") as scratch:
        new, old = pathlib.Path(scratch) / "new", pathlib.Path(scratch) / "old"
        new.mkdir()
        yield new
        _share(new)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except BaseException:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _share(folder: pathlib.Path) -> None:
    # Some writers make their files private; these are as open as any the user makes.
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.rglob("*"):
        path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)
