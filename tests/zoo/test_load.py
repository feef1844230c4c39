"""Names, places, and what `load` makes of them."""

import dataclasses
import pathlib

import jax
import pytest

import jgan
from jgan import interpretable, zoo
from jgan.convert.assemble import families
from jgan.worlds.scenes import CLASS_NAMES
from jgan.zoo import table


def test_table_is_complete_and_its_names_are_unique():
    assert len(set(zoo.names())) == len(zoo.names()) == len(zoo.ENTRIES)
    assert {"eyes", "faces-celeba", "faces-digiface", "biggan-128"} <= {*zoo.names()}
    assert {"progan-churchoutdoor-256", "progan-celebahq-1024"} <= {*zoo.names()}
    assert {"stylegan2-ffhq-1024", "stylegan2-genforce-car-512"} <= {*zoo.names()}
    for entry in zoo.ENTRIES:
        ways = (entry.shipped, entry.wheel is not None, entry.location is not None)
        assert sum(ways) == 1, entry.name
        assert len(entry.class_names or ()) in (0, entry.num_classes), entry.name
        assert entry.family in families(), entry.name
        assert entry.source, entry.name
        assert entry.license, entry.name
        assert entry.truncation is None or 0 < entry.truncation < 1, entry.name


def test_places_follow_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("JGAN_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert zoo.home() == tmp_path / ".cache" / "jgan"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert zoo.home() == tmp_path / ".cache" / "jgan"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert zoo.home() == tmp_path / "cache" / "jgan"
    monkeypatch.setenv("JGAN_HOME", "~/own")
    assert zoo.folder_of("eyes") == tmp_path / "own" / "eyes"


def test_what_is_loaded_is_located(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert zoo.located("eyes") == home / "eyes"
    assert zoo.located("scenes64") == zoo.folder_of("scenes64")
    # As `load` has it, a folder is meant before a name, and a path never as a name.
    assert zoo.located(pathlib.Path("eyes")) == pathlib.Path("eyes")
    jgan.save(jgan.load("scenes64"), "eyes")
    assert zoo.located("eyes") == pathlib.Path("eyes")
    assert zoo.located("some/where") == pathlib.Path("some", "where")


def test_an_unknown_name_lists_the_names_and_the_nearest(home):
    with pytest.raises(ValueError, match=r"eyes, .*Did you mean 'eyes'\?.*convert"):
        jgan.load("eye")
    with pytest.raises(ValueError, match="no generator 'zzz': no such folder"):
        zoo.pull("zzz")


def test_what_pip_cannot_get_comes_with_instructions(home):
    with pytest.raises(zoo.PullError, match=r"(?s)BigGAN-PyTorch.*MIT.*jgan convert"):
        jgan.load("biggan-128")
    with pytest.raises(zoo.PullError, match=str(home / "biggan-128")):
        zoo.pull("biggan-128")
    with pytest.raises(zoo.PullError, match=r"(?s)for kitchen_lsun\.pth.*CC BY-NC"):
        zoo.pull("progan-kitchen-256")
    with pytest.raises(zoo.PullError, match=r"(?s)ffhq\.pkl.*non-commercial.*24'\.$"):
        zoo.pull("stylegan2-ada-ffhq-1024")
    with pytest.raises(zoo.PullError, match=r"--class-names airplane auto.* truck\n"):
        zoo.pull("stylegan2-ada-cifar10-32")
    with pytest.raises(zoo.PullError, match=r"(?s)car-512x384.*truncation of 0\.7\.$"):
        zoo.pull("stylegan2-genforce-car-512")


def test_a_converted_generator_is_found_by_its_name(home, entry, wheel, monkeypatch):
    gan = jgan.load(zoo.pull("tiny", wheel=wheel))
    jgan.save(gan, home / "other")
    by_hand = dataclasses.replace(entry, name="other", wheel=None, location="a site")
    monkeypatch.setattr(table, "ENTRIES", (by_hand,))
    assert jgan.load("other").name == "tiny"
    assert zoo.pull("other") == home / "other"


def test_a_checkpoint_file_and_other_folders_are_refused(tmp_path, wheel):
    with pytest.raises(ValueError, match=r"is a file\. `jgan convert .*whl OUT`"):
        jgan.load(wheel)
    with pytest.raises(FileNotFoundError, match="is not a saved generator"):
        jgan.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="is the str 'eyes'"):
        jgan.load(pathlib.Path("eyes"))


def test_a_folder_of_that_name_wins_over_the_zoo(home, entry, wheel, monkeypatch):
    monkeypatch.chdir(wheel.parent)
    gan = jgan.load(zoo.pull("tiny", wheel=wheel))
    mine = dataclasses.replace(gan, name="mine")
    jgan.save(mine, "tiny")
    assert jgan.load("tiny").name == "mine"


def test_a_damaged_generator_says_what_to_delete(home, entry, pip):
    zoo.load("tiny")
    params = home / "tiny" / "params.safetensors"
    params.write_bytes(params.read_bytes()[:-100])
    with pytest.raises(jgan.convert.CheckpointError, match="Delete .*tiny to pull"):
        zoo.load("tiny")


@pytest.mark.parametrize(
    ("name", "family", "class_names"),
    [
        ("scenes64", "biggan", CLASS_NAMES),
        ("scenes64-interpretable", "biggan", CLASS_NAMES),
        ("eigen64", "eigengan", ()),
    ],
)
def test_what_jgan_trained_comes_with_it(home, name, family, class_names):
    gan = jgan.load(name)
    assert (gan.name, gan.family, gan.resolution) == (name, family, 64)
    assert gan.class_names == class_names
    assert sum(leaf.size for leaf in jax.tree.leaves(gan.params)) <= 2_000_000
    assert zoo.pull(name) == zoo.folder_of(name)
    assert not home.exists()


def test_groups_that_were_learned_come_with_their_generator():
    name = "scenes64-interpretable"
    learned = interpretable.load_learned(zoo.located(name) / interpretable.LEARNED)
    assert learned.made_of == "scenes64"
    interpretable.check_partition(jgan.load(name), learned.partition)
    # What may be shipped with the package.
    files = zoo.located(name).iterdir()
    assert sum(file.stat().st_size for file in files) <= 8_000_000
