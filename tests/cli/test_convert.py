"""`jgan convert`: what it writes, against `jgan.load`, and what it refuses."""

import pathlib

import pytest

import jgan


def test_convert_writes_what_load_reads(run, checkpoint):
    status, out, err = run("convert", checkpoint, "made", "--class-names", "cat", "dog")
    assert (status, err) == (0, "")
    assert out == "made: dcgan, 16 pixels, 2 classes, 2 layers to tap.\n"
    gan = jgan.load("made")
    assert (gan.name, gan.class_names) == ("made", ("cat", "dog"))
    assert gan.config.latent_dim == 10


def test_convert_takes_its_options(run, checkpoint):
    options = ("--family", "dcgan", "--num-classes", "3", "--name", "mine")
    assert run("convert", checkpoint, "made", *options)[0] == 0
    assert (jgan.load("made").name, jgan.load("made").num_classes) == ("mine", 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--family", "vae"), "no family 'vae'"),
        (("--num-classes", "12"), "12 classes leave no latent"),
        (("--num-classes", "3", "--class-names", "a", "b"), "there are 2 names"),
    ],
)
def test_convert_refuses(run, checkpoint, options, message):
    status, out, err = run("convert", checkpoint, "made", *options)
    assert (status, out) == (1, "")
    assert err.startswith("jgan: ")
    assert message in err
    assert not pathlib.Path("made").exists()


def test_convert_refuses_broken_files_and_taken_places(run, checkpoint, tmp_path):
    (tmp_path / "broken.pth").write_bytes(b"\x80\x02broken")
    assert "broken.pth" in run("convert", "broken.pth", "made")[2]
    assert "missing.pth" in run("convert", "missing.pth", "made")[2]
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").touch()
    status, _, err = run("convert", checkpoint, "taken")
    assert status == 1
    assert "taken exists and is not just a saved generator" in err
    assert {path.name for path in tmp_path.iterdir()} == {
        "tiny.npz",
        "broken.pth",
        "taken",
    }
