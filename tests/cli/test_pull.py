"""`jgan pull`: where it says a generator is, and that stopping it leaves nothing."""

import os
import signal
import time

import pytest

import jgan
from jgan import zoo
from tests.generators import make_gan


def test_pull_of_what_is_not_on_the_index_says_how_and_fails(run):
    status, out, err = run("pull", "biggan-128")
    assert (status, out) == (1, "")
    assert "github.com/ajbrock/BigGAN-PyTorch" in err
    assert "license is MIT" in err
    assert f"jgan convert FILE {zoo.folder_of('biggan-128')}" in err


def test_pull_of_what_is_there_says_where(run):
    jgan.save(make_gan("dcgan"), zoo.folder_of("faces-celeba"))
    status, out, _ = run("pull", "faces-celeba")
    assert status == 0
    assert str(zoo.folder_of("faces-celeba")) in out


def test_pull_refuses_another_wheel(run, tmp_path):
    (tmp_path / "a.whl").write_bytes(b"zip")
    status, _, err = run("pull", "eyes", "--wheel", "a.whl")
    assert status == 1
    assert "a.whl is not the file that is meant" in err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_pull_that_is_stopped_is_quiet_and_leaves_nothing(
    tmp_path, start, number, status
):
    # A pip that announces itself, then hangs.
    (tmp_path / "pip.py").write_text(
        "import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(600)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    process = start("pull", "eyes", env=environment)
    try:
        while process.poll() is None and not (tmp_path / "started").exists():
            time.sleep(0.05)
        process.send_signal(number)
        # Only ends a hang: where the machine is busy, jax alone takes long to load.
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == status
    assert "Traceback" not in err
    assert list((tmp_path / "home").iterdir()) == []
