"""Embeddings of real faces: dlib's own on the same pictures, and laws of persons."""

import importlib
import importlib.util
import pathlib
import sys
import types

import jax.numpy as jnp
import numpy as np
import PIL.Image
import pytest

from jgan import images as pictures, metrics
from jgan.segment import FaceIdentity, face_identity


@pytest.fixture(scope="module")
def identity() -> FaceIdentity:
    if importlib.util.find_spec("dlib") is None:
        pytest.skip("needs the extra: identity")
    return face_identity()


@pytest.fixture(scope="module")
def embedded(identity, faces):
    return identity.embed(faces)


@pytest.fixture
def few(faces):
    return faces[:4]


def test_embeddings_are_dlib_s(identity, few, embedded):
    dlib = importlib.import_module("dlib")
    models = pathlib.Path(
        importlib.util.find_spec("face_recognition_models").submodule_search_locations[
            0
        ],
        "models",
    )
    points = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(
        str(models / "dlib_face_recognition_resnet_model_v1.dat")
    )
    compared = 0
    for image, got in zip(
        pictures.to_uint8(np.asarray(few)), embedded[: len(few)], strict=True
    ):
        big = np.asarray(
            PIL.Image.fromarray(image).resize((192, 192), PIL.Image.Resampling.BICUBIC)
        )
        boxes = dlib.get_frontal_face_detector()(big, 0)
        # Of those that dlib calls a face, this is the one.
        if len(boxes) == 1:
            # The network finds the face's place from landmarks by itself.
            want = network.compute_face_descriptor(big, points(big, boxes[0]))
            np.testing.assert_allclose(got, want, atol=1e-6)
            compared += 1
    assert compared >= 2
    assert np.isfinite(embedded).all(axis=1).sum() >= 13


def test_one_person_is_near_and_others_are_far(identity, faces, embedded):
    darker = identity.embed(0.8 * faces - 0.2)
    moved = identity.embed(jnp.roll(faces, 1, axis=2).at[:, :, 0].set(faces[:, :, 0]))
    for same in (darker, moved):
        assert metrics.verification(embedded, same).rate > 0.9
    others = metrics.verification(embedded, np.roll(embedded, 1, axis=0))
    assert others.rate < 0.4


def test_without_a_face_it_is_nan(identity, faceless, few):
    got = identity.embed(jnp.concatenate([faceless, few]))
    assert np.isnan(got[: len(faceless)]).all()
    # Whatever else is in the batch.
    np.testing.assert_array_equal(got[len(faceless) :], identity.embed(few))


def test_what_are_no_images_is_refused(identity, few):
    with pytest.raises(ValueError, match=r"give \(image, row, col, 3\)"):
        identity.embed(few[:0])
    with pytest.raises(ValueError, match="give values in"):
        identity.embed(255 * few)


@pytest.mark.parametrize("package", ["dlib", "face_recognition_models"])
def test_without_the_extra_the_error_says_how(package, monkeypatch):
    find = importlib.util.find_spec
    missing = lambda name, *rest: None if name == package else find(name, *rest)
    monkeypatch.setattr(importlib.util, "find_spec", missing)
    there = None if package == "dlib" else types.ModuleType("dlib")
    monkeypatch.setitem(sys.modules, "dlib", there)
    with pytest.raises(ImportError, match=r'pip install "jgan\[identity\]"'):
        face_identity()
