"""Whose face an image shows: dlib's face embedding, run on the CPU.

The network is a residual one of 29 layers (King, 2017, who trained it on three million
photographs), and puts photographs of one person nearer to each other than 0.6. The
extra ``identity`` brings it, what runs it, and the landmarks that faces are turned and
cut by.
"""

import dataclasses
import functools
import importlib
import importlib.util
import pathlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import PIL.Image
from jaxtyping import ArrayLike, Float, UInt8

from jgan.segment.faces.parts import check_images, to_unit

NUM_FEATURES = 128
_MODELS = "face_recognition_models"
_NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
_LANDMARKS = "shape_predictor_5_face_landmarks.dat"
# dlib finds faces from 80 pixels on, and those of generators of 64 are as many pixels
# high as their images. With 256 it finds no more of them.
_SIDE = 192
# What dlib calls a face scores 0 or more: 48 of 64 images of `faces-digiface`, and of
# them 61 have this; noise stays below. Where it sees several, the likeliest counts.
_LEAST_SCORE = -0.8
# What the network was trained on: the side, and the margin in sides of the face.
_CUT, _MARGIN = 150, 0.25


@jax.tree_util.register_static
@dataclasses.dataclass(frozen=True)
class FaceIdentity:
    """Turns a face into numbers that tell persons apart, about 80 ms an image.

    The face is found, turned upright and cut out. Each image is read alone.

    Attributes:
        folder: With dlib's files; `face_identity` knows it.
    """

    folder: pathlib.Path

    def embed(
        self, images: Float[ArrayLike, "image row col 3"]
    ) -> Float[np.ndarray, "image 128"]:
        """Returns the embedding of the face in each image, NaN where there is none.

        Args:
            images: In [-1, 1], with one upright face that fills much of the picture.
                Not traced.

        Raises:
            ValueError: If they are no images of that kind.
        """
        images = jnp.asarray(images)
        check_images(images)
        dlib, opened = runtime(), _opened(self.folder)
        rows = np.full((len(images), NUM_FEATURES), np.nan)
        for row, image in zip(rows, _pictures(images), strict=True):
            picture = np.asarray(
                PIL.Image.fromarray(image).resize(
                    (_SIDE, _SIDE), PIL.Image.Resampling.BICUBIC
                )
            )
            boxes, scores, _ = opened.detector.run(picture, 0, _LEAST_SCORE)
            if boxes:
                box = boxes[int(np.argmax(scores))]
                face = opened.landmarks(picture, box)
                cut = dlib.get_face_chip(picture, face, _CUT, _MARGIN)
                row[:] = opened.network.compute_face_descriptor(cut)
        return rows


def _pictures(
    images: Float[ArrayLike, "image row col 3"],
) -> UInt8[np.ndarray, "image row col 3"]:
    return np.rint(255 * to_unit(np.asarray(images, np.float32))).astype(np.uint8)


@dataclasses.dataclass(frozen=True)
class _Opened:
    detector: Any
    landmarks: Any
    network: Any


# Opening takes as long as seven images.
@functools.cache
def _opened(folder: pathlib.Path) -> _Opened:
    dlib = runtime()
    return _Opened(
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / _LANDMARKS)),
        dlib.face_recognition_model_v1(str(folder / _NETWORK)),
    )


def runtime() -> Any:
    """Returns dlib.

    Raises:
        ImportError: If the extra ``identity`` is not installed; the message says how.
    """
    try:
        return importlib.import_module("dlib")
    except ImportError as error:
        raise ImportError(_missing("dlib-bin")) from error


def face_identity() -> FaceIdentity:
    """Returns what tells whose face an image shows.

    Raises:
        ImportError: If the extra ``identity`` is not installed; the message says how.
    """
    runtime()
    # Not imported: it asks for a module of setuptools that newer ones lack.
    found = importlib.util.find_spec(_MODELS)
    if found is None or not found.submodule_search_locations:
        raise ImportError(_missing("face-recognition-models"))
    return FaceIdentity(pathlib.Path(found.submodule_search_locations[0], "models"))


def _missing(package: str) -> str:
    return f'Identity needs {package}: run `pip install "jgan[identity]"`.'
