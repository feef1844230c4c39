"""Where the network is made to look, and what is said where nothing runs it."""

import sys

import numpy as np
import pytest

from jgan.segment.faces import landmarks


def test_a_missing_runtime_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ImportError, match=r'ai-edge-litert: .*install "jgan\[faces\]"'):
        landmarks.open_network(b"")


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
