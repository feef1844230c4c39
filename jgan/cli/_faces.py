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


def face_readers() -> tuple[Any, Any]:
    """Returns what tells parts of faces, and what tells persons.

    None for each whose extra is not installed, of which a line tells.
    """
    found: list[Any] = []
    for load in (lambda: zoo.face_parts(callback=mention), segment.face_identity):
        try:
            found.append(load())
        except ImportError as error:
            mention(f"{error} The page goes without.")
            found.append(None)
    return found[0], found[1]
