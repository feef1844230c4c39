"""jgan's own format: a round trip is exact, and damage is refused."""

import json

import chex
import jax
import numpy as np
import pytest

import jgan
from jgan.convert import CheckpointError, ConversionError, load_folder, save
from tests.generators import GANS, make_gan

pytestmark = pytest.mark.usefixtures("unoptimized")


@pytest.mark.parametrize("kind", GANS)
def test_a_round_trip_is_exact(kind, tmp_path):
    gan = make_gan(kind)
    again = load_folder(save(gan, tmp_path / "deep" / "gan"))
    chex.assert_trees_all_equal(again.params, gan.params)
    assert (again.config, again.class_names, again.name) == (
        gan.config,
        gan.class_names,
        gan.name,
    )
    assert again.layers == gan.layers
    latents = gan.sample_latents(1, key=jax.random.key(0))
    chex.assert_trees_all_equal(
        jax.jit(again.forward)(again.params, latents),
        jax.jit(gan.forward)(gan.params, latents),
    )


def test_a_saved_generator_is_replaced_and_nothing_else_is(tmp_path):
    folder = save(make_gan("dcgan"), tmp_path / "gan")
    save(make_gan("dcgan_conditional"), folder)
    assert jgan.load(folder).num_classes == 4
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "precious.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="notes"):
        save(make_gan("dcgan"), tmp_path / "notes")
    assert (tmp_path / "notes" / "precious.txt").read_text() == "keep"
    (folder / "precious.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="not just a saved"):
        save(make_gan("dcgan"), folder)
    assert (folder / "precious.txt").read_text() == "keep"


def test_a_failed_save_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("safetensors.numpy.save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        save(make_gan("dcgan"), tmp_path / "gan")
    assert list(tmp_path.iterdir()) == []


def _edit_config(folder, **changes):
    path = folder / "config.json"
    description = json.loads(path.read_text())
    for name, value in changes.items():
        target = description if name in description else description["config"]
        target[name] = value
    path.write_text(json.dumps(description))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 99}, "newer jgan"),
        ({"family": "unheard"}, "unheard.*biggan"),
        ({"family": 3}, "family"),
        ({"class_names": 5}, "class_names"),
        ({"class_names": [5]}, "class_names"),
        ({"class_names": ["one"]}, "1 class names for 0"),
        ({"config": [1]}, "config"),
        ({"latent_dim": 1.5}, "latent_dim is 1.5"),
        ({"latent_dim": 10**9}, "do not fit"),
        ({"latent_dim": 10**12}, "below 2"),
        ({"latent_dim": -1}, "latent_dim"),
        ({"num_classes": 2**40}, "below 2"),
        ({"latent_dim": True}, "latent_dim"),
        ({"units": ["a"]}, "units"),
        ({"units": [16, 8]}, "nothing to fill|no params"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_config_that_cannot_be_is_refused(changes, complaint, tmp_path):
    folder = save(make_gan("dcgan"), tmp_path / "gan")
    _edit_config(folder, **changes)
    with pytest.raises(ValueError, match=complaint):
        load_folder(folder)


def test_sizes_beyond_an_integer_are_refused(tmp_path):
    folder = save(make_gan("biggan"), tmp_path / "gan")
    _edit_config(folder, num_classes=2**40)
    with pytest.raises(CheckpointError, match="num_classes 1099511627776"):
        load_folder(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, "\x00"])
def test_a_config_that_is_no_description_is_refused(text, tmp_path):
    folder = save(make_gan("dcgan"), tmp_path / "gan")
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_folder(folder)


def test_damaged_parameters_are_refused(tmp_path):
    folder = save(make_gan("dcgan"), tmp_path / "gan")
    whole = (folder / "params.safetensors").read_bytes()
    (folder / "params.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=r"params\.safetensors"):
        load_folder(folder)


def test_parameters_of_another_generator_are_refused(tmp_path):
    folder = save(make_gan("dcgan"), tmp_path / "gan")
    other = save(make_gan("dcgan_conditional"), tmp_path / "other")
    (other / "params.safetensors").replace(folder / "params.safetensors")
    with pytest.raises(ConversionError, match="conv3"):
        load_folder(folder)


def test_a_folder_without_a_generator_says_how_to_make_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="jgan convert"):
        load_folder(tmp_path)


def test_not_a_number_is_refused(tmp_path):
    gan = make_gan("dcgan")
    broken = jax.tree.map(lambda leaf: leaf * np.float32(np.nan), gan)
    folder = save(broken, tmp_path / "gan")
    with pytest.raises(ConversionError, match="NaN"):
        load_folder(folder)
