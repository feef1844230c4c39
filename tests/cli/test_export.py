"""`jgan export`: what it writes, against `jgan convert`, and what it refuses."""

import pathlib

import chex
import pytest

import jgan
from tests.convert.stylegan2 import networks
from tests.generators import make_gan


def test_export_writes_what_convert_reads(run, folder):
    status, out, err = run("export", folder, "made.safetensors")
    assert (status, err) == (0, "")
    assert out.startswith("made.safetensors: dcgan_conditional, a dcgan, as safetensor")
    assert run("convert", "made.safetensors", "again")[0] == 0
    again, gan = jgan.load("again"), jgan.load(folder)
    chex.assert_trees_all_equal(again.params, gan.params)
    assert (again.config, again.class_names) == (gan.config, gan.class_names)
    assert again.name == "again"


def test_export_writes_rosinality(run):
    config = networks.CONFIG.__class__(
        **(vars(networks.CONFIG) | {"units": (512,) * 2})
    )
    jgan.save(networks.random_gan(config), "saved")
    status, out, err = run("export", "saved", "made.pt", "--format", "rosinality")
    assert (status, err) == (0, "")
    size = pathlib.Path("made.pt").stat().st_size / 1e6
    assert out == f"made.pt: random, a stylegan2, as rosinality, {size:.3g} MB.\n"
    assert jgan.convert_checkpoint("made.pt").config == config


def test_a_network_that_rosinality_lacks_is_refused(run):
    jgan.save(make_gan("stylegan2"), "saved")
    status, out, err = run("export", "saved", "made.pt", "--format", "rosinality")
    assert (status, out) == (1, "")
    assert "rosinality's generator does not have a multiplier of 1.0" in err
    assert "units of (12, 8, 4). Export as safetensors." in err
    assert not pathlib.Path("made.pt").exists()


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (("eye", "made.safetensors"), 1, "jgan: There is no generator 'eye'"),
        (("scenes64", "made.pt"), 1, "jgan: made.pt does not end in .safetensors, as"),
        (("scenes64", "made.pt", "--format", "rosinality"), 1, "scenes64 is a biggan,"),
        (("scenes64", "taken.safetensors"), 1, "jgan: taken.safetensors exists."),
        (("scenes64", "made.onnx", "--format", "onnx"), 2, "onnx"),
    ],
)
def test_export_refuses(run, argv, status, message):
    pathlib.Path("taken.safetensors").write_text("thesis")
    got, out, err = run("export", *argv)
    assert (got, out) == (status, "")
    assert message in err
    assert [p.name for p in pathlib.Path().iterdir()] == ["taken.safetensors"]
    assert pathlib.Path("taken.safetensors").read_text() == "thesis"
