"""A generator in one file: the way back is exact, and what cannot be is refused."""

import json
import re

import chex
import jax
import numpy as np
import pytest
import safetensors.numpy

from jgan.convert import (
    CheckpointError,
    ConversionError,
    convert_checkpoint,
    export_checkpoint,
    load_folder,
    save,
)
from tests.generators import GANS, make_gan


def _parts(gan):
    return gan.family, gan.config, gan.name, gan.class_names, gan.layers


@pytest.mark.parametrize("kind", GANS)
def test_safetensors_come_back_bit_for_bit(kind, tmp_path):
    gan = make_gan(kind)
    path = export_checkpoint(gan, tmp_path / "deep" / "file.safetensors")
    again = convert_checkpoint(path)
    chex.assert_trees_all_equal(again.params, gan.params)
    chex.assert_trees_all_equal_dtypes(again.params, gan.params)
    assert _parts(again) == _parts(gan)
    assert [*path.parent.iterdir()] == [path]


def test_other_programs_see_parameters_by_their_path(tmp_path):
    gan = make_gan("progan")
    path = export_checkpoint(gan, tmp_path / "file.safetensors")
    got = safetensors.numpy.load_file(path)
    want = gan.params["params"]["to_rgb"]["kernel"]
    np.testing.assert_array_equal(got["params/to_rgb/kernel"], want)
    assert len(got) == len(jax.tree.leaves(gan.params))


def test_what_the_user_says_comes_before_what_the_file_says(tmp_path):
    gan = make_gan("stylegan2_classes")
    path = export_checkpoint(gan, tmp_path / "file.safetensors")
    names = ("a", "b", "c", "d")
    said = {"name": "mine", "class_names": names, "family": "stylegan2"}
    again = convert_checkpoint(path, num_classes=4, **said)
    assert (again.name, again.class_names) == ("mine", names)
    with pytest.raises(ConversionError, match="stylegan2 of 4 classes; 5 was given"):
        convert_checkpoint(path, num_classes=5)
    with pytest.raises(ConversionError, match="4 classes; 'progan' was given"):
        convert_checkpoint(path, family="progan")
    with pytest.raises(ValueError, match="1 class names for 4 classes"):
        convert_checkpoint(path, class_names=("a",))


def _rewrite(path, edit):
    """Changes the description in a file, which stays a sound one otherwise."""
    arrays = safetensors.numpy.load_file(path)
    with safetensors.safe_open(path, "numpy") as file:
        text = file.metadata()["jgan"]
    metadata = {"jgan": edit(text)}
    safetensors.numpy.save_file(arrays, path, metadata=metadata)


def _with(**changes):
    def edit(text):
        description = json.loads(text)
        for name, value in changes.items():
            target = description if name in description else description["config"]
            target[name] = value
        return json.dumps(description)

    return edit


@pytest.mark.parametrize(("written", "held"), [(7, 7.0), (None, None)])
def test_what_json_has_of_a_number_is_what_the_config_holds(written, held, tmp_path):
    gan = make_gan("stylegan2_classes")
    path = export_checkpoint(gan, tmp_path / "file.safetensors")
    _rewrite(path, _with(clamp=written))
    clamp = convert_checkpoint(path).config.clamp
    assert (clamp, type(clamp)) == (held, type(held))


@pytest.mark.parametrize(
    ("kind", "edit", "complaint"),
    [
        ("dcgan", lambda text: "", "is not JSON"),
        ("dcgan", lambda text: "[" * 100_000, "is not JSON"),
        ("dcgan", lambda text: "9" * 10_000, "is not JSON"),
        ("dcgan", lambda text: "[]", "lacks"),
        ("dcgan", _with(format=2), "newer jgan"),
        ("dcgan", _with(family="os.system"), r"no family 'os\.system'"),
        ("dcgan", _with(latent_dim=10**9), "do not fit"),
        ("dcgan", _with(latent_dim=2**40), "below 2"),
        ("dcgan", _with(units=[8]), "no params|nothing to fill"),
        ("dcgan", _with(units=[1] * 100_000), "units"),
        ("dcgan", _with(class_names=["x"] * 100_000), "100000 class names for 0"),
        ("dcgan", _with(__class__="x"), "__class__"),
        ("progan", _with(units=[1] * 100_000), "units"),
        ("biggan", _with(num_classes=2**40), "num_classes 1099511627776"),
        ("biggan", _with(resolution=2**30), "resolution"),
        ("biggan_deep", _with(resolution=2**30), "resolution"),
        ("stylegan2", _with(units=[2**31 - 1] * 9), "do not fit|positive"),
        ("stylegan2", _with(units=[8] * 100_000), "blocks of units"),
        ("stylegan2", _with(mapping_layers=10**9), "mapping_layers"),
        ("stylegan2", _with(mapping_lr_multiplier=float("nan")), "lr_multiplier"),
        ("stylegan2", _with(clamp="256"), "clamp is '256'"),
        ("stylegan2", _with(clamp=True), "clamp is True"),
        ("stylegan2", _with(clamp=10**400), "too large"),
        ("stylegan2", _with(has_noise=False), "no params"),
    ],
)
def test_a_hostile_description_is_one_error(kind, edit, complaint, tmp_path):
    path = export_checkpoint(make_gan(kind), tmp_path / "file.safetensors")
    _rewrite(path, edit)
    with pytest.raises((CheckpointError, ConversionError, ValueError)) as caught:
        convert_checkpoint(path)
    assert re.search(complaint, str(caught.value))
    assert len(str(caught.value)) < 4000


def test_damage_is_refused(tmp_path):
    path = export_checkpoint(make_gan("dcgan"), tmp_path / "file.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"file\.safetensors"):
        convert_checkpoint(path)
    broken = jax.tree.map(lambda leaf: leaf * np.float32(np.nan), make_gan("dcgan"))
    path = export_checkpoint(broken, tmp_path / "nan.safetensors")
    with pytest.raises(ConversionError, match="NaN"):
        convert_checkpoint(path)


def test_text_of_others_in_a_file_is_nothing(tmp_path):
    gan = make_gan("dcgan")
    path = export_checkpoint(gan, tmp_path / "file.safetensors")
    arrays = safetensors.numpy.load_file(path)
    safetensors.numpy.save_file(arrays, path, metadata={"format": "pt"})
    with pytest.raises(ConversionError, match="begin"):
        convert_checkpoint(path)
    # Also beside a description in a folder of its own.
    folder = save(gan, tmp_path / "folder")
    path.replace(folder / "params.safetensors")
    chex.assert_trees_all_equal(load_folder(folder).params, gan.params)


@pytest.mark.parametrize(
    ("name", "format", "error", "complaint"),
    [
        ("file.safetensors", "onnx", ValueError, "no format 'onnx'.*rosinality"),
        ("file.pt", "safetensors", ValueError, r"not end in \.safetensors"),
        ("file", "rosinality", ValueError, r"not end in \.pt"),
        ("taken.pt", "rosinality", FileExistsError, "exists. Choose another"),
        ("file.pt", "rosinality", ConversionError, "is a dcgan.*as safetensors"),
    ],
)
def test_what_cannot_be_written_is_refused(name, format, error, complaint, tmp_path):
    (tmp_path / "taken.pt").write_text("thesis")
    with pytest.raises(error, match=complaint):
        export_checkpoint(make_gan("dcgan"), tmp_path / name, format=format)
    assert [*tmp_path.iterdir()] == [tmp_path / "taken.pt"]
    assert (tmp_path / "taken.pt").read_text() == "thesis"


def test_a_failed_export_leaves_nothing(tmp_path, monkeypatch):
    def fail(arrays, path, **_):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        export_checkpoint(make_gan("dcgan"), tmp_path / "file.safetensors")
    assert [*tmp_path.iterdir()] == []
