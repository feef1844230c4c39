"""Generators of faces, and what reads their images."""

from typing import Any

from jgan import segment, zoo
from jgan.cli._console import mention
from jgan.gan import Gan

# By their name in the zoo.
_FACES = ("faces-digiface", "faces-celeba")


def makes_faces(gan: Gan) -> bool:
    """Returns whether a generator is known to make faces."""
    return gan.name in _FACES


def face_parts() -> Any:
    """Returns what tells parts of faces, `jgan.segment.FaceParts`.

    Raises:
        ValueError: If the extra is not installed, which is no bug.
    """
    try:
        return zoo.face_parts(callback=mention)
    except ImportError as error:
        raise ValueError(str(error)) from error


def face_identity() -> Any:
    """Returns what tells persons apart, `jgan.segment.FaceIdentity`.

    Raises:
        ValueError: If the extra is not installed, which is no bug.
    """
    try:
        return segment.face_identity()
    except ImportError as error:
        raise ValueError(str(error)) from error
