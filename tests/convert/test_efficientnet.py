"""EfficientNet-Lite0 against a twin, with random arrays, and what is refused."""

import functools

import jax
import numpy as np
import pytest

from jgan.convert import CheckpointError, ConversionError, efficientnet
from jgan.models.efficientnet import EfficientNetLite0
from tests.convert import efficientnet_twin as twin

arrays_of_the_twin = functools.cache(twin.random_arrays)


@pytest.mark.torch
@pytest.mark.slow  # XLA compiles sixteen blocks.
def test_features_and_logits_equal_those_of_the_twin():
    arrays = arrays_of_the_twin()
    images = np.random.default_rng(1).standard_normal((2, 224, 224, 3), np.float32)
    want_features, want_logits = twin.outputs(arrays, images)
    # Saturated or dead features would hide an error.
    assert np.mean((want_features > 0.01) & (want_features < 5.99)) > 0.5
    got = jax.jit(EfficientNetLite0().apply)(efficientnet.convert(arrays), images)
    for have, want in ((got.features, want_features), (got.logits, want_logits)):
        atol = 1e-5 * np.abs(want).max()  # Sixteen blocks of float32.
        np.testing.assert_allclose(have, want, rtol=0, atol=atol)


def test_all_that_is_missing_or_left_over_is_listed():
    arrays = dict(arrays_of_the_twin())
    del arrays["_bn0.weight"]
    arrays["_blocks.0._expand_conv.weight"] = np.zeros((32, 32, 1, 1), np.float32)
    arrays["_blocks.3._se_reduce.weight"] = np.zeros((6, 144, 1, 1), np.float32)
    with pytest.raises(ConversionError) as caught:
        efficientnet.convert(arrays)
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert lines == [
        "_blocks.0._expand_conv.weight: the model has no params/block0/expand/kernel",
        "_blocks.3._se_reduce.weight (6, 144, 1, 1): no rule for it",
        "params/stem_norm/gain: nothing to fill it",
    ]


def test_other_files_are_refused_by_name(tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError, match=r"other\.pth"):
        efficientnet.load_efficientnet(path)
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ConversionError, match=r"(?s)other\.npz: .*a \(3,\): no rule"):
        efficientnet.load_efficientnet(tmp_path / "other.npz")
