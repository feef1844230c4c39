"""Attributes of faces: a mesh drawn by hand, and what mirroring does to real faces."""

import jax.numpy as jnp
import numpy as np
import pytest

from jgan.segment import AttributeReader, FaceAttributes
from jgan.segment.faces import attributes, contours

_MIDDLE = np.array([32.0, 30.0])


def _oval(pairs, center, half_width, half_height):
    """Pairs of vertices round an ellipse, from its top to its bottom."""
    angles = np.linspace(0, np.pi, len(pairs))
    x, y = half_width * np.sin(angles), -half_height * np.cos(angles)
    place = {}
    for (right, left), dx, dy in zip(pairs, x, y, strict=True):
        place[right], place[left] = center + [-dx, dy], center + [dx, dy]
    return place


def _mesh(*, turn=0.0, opening=0.0, nose=4.0):
    """A face 20 wide and 40 high, whose nose turns and ends so far below the middle."""
    place = np.zeros((contours.NUM_VERTICES, 2))
    place[:] = _MIDDLE
    parts = {
        **_oval(contours._OVAL, _MIDDLE, 10, 20),
        **_oval(contours._OUTER_LIPS, _MIDDLE + [turn, 10], 4, 2 + opening / 2),
        **_oval(contours._INNER_LIPS, _MIDDLE + [turn, 10], 3, opening / 2),
        **_oval(contours._NOSE, _MIDDLE + [turn, 0], 2, nose),
    }
    for vertex, at in parts.items():
        place[vertex] = at
    return place


def _rotated(place, angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return (place - _MIDDLE) @ np.array([[cos, sin], [-sin, cos]]) + _MIDDLE


def test_pose_is_in_widths_and_heights_of_the_face():
    yaw, pitch, opening = attributes._pose(_mesh())
    assert abs(yaw) < 1e-12
    assert opening == 0
    # From 4 above the middle to 4 below it; the chin is 20 below.
    np.testing.assert_allclose(pitch, 8 / 24)
    width = np.linalg.norm(_mesh()[356] - _mesh()[127])
    yaw, same, opening = attributes._pose(_mesh(turn=3.0, opening=5.0))
    np.testing.assert_allclose([yaw, same, opening], [6 / width, pitch, 5 / 40])
    assert attributes._pose(_mesh(turn=-3.0))[0] == pytest.approx(-yaw)
    # Looking down.
    assert attributes._pose(_mesh(nose=6.0))[1] > pitch


def test_a_head_that_leans_has_the_same_pose():
    straight = _mesh(turn=2.0, opening=3.0)
    leans = attributes._pose(_rotated(straight, 0.4))
    np.testing.assert_allclose(leans, attributes._pose(straight))


def test_colors_are_of_skin_and_of_what_is_above_the_forehead():
    image = np.zeros((64, 64, 3))
    image[:9] = [0.9, 0.6, 0.3]
    image[9:] = [0.5, 0.4, 0.6]
    # The mouth is no skin.
    image[38:42, 30:34] = [1.0, 0.0, 0.0]
    skin, skin_red, hair, hair_red = attributes._colors(_mesh(opening=2.0), image)
    np.testing.assert_allclose([hair, hair_red], [0.6, 0.6])
    np.testing.assert_allclose([skin, skin_red], [0.5, -0.1])


def test_above_the_picture_nothing_is_read():
    found = attributes._colors(_mesh() - [0, 18], np.full((64, 64, 3), 0.5))
    np.testing.assert_array_equal(np.isnan(found), [False, False, True, True])


def test_a_mirrored_face_turns_the_other_way_and_nothing_else(parts, faces):
    reader = FaceAttributes(parts)
    assert isinstance(reader, AttributeReader)
    names = (*reader.style, *reader.geometry)
    plain = np.asarray(reader.read(faces))
    mirrored = np.asarray(reader.read(faces[:, :, ::-1]))
    assert plain.shape == (16, len(names))
    assert np.isfinite(plain).all()
    sign = np.where(np.array(names) == "yaw", -1, 1)
    np.testing.assert_allclose(mirrored, plain * sign, atol=1e-4)
    assert plain[:, names.index("yaw")].std() > 0.2


def test_a_darker_picture_has_darker_skin_and_hair(parts, faces):
    reader = FaceAttributes(parts)
    darker = (faces + 1) * 0.8 - 1
    before, after = (np.asarray(reader.read(x)) for x in (faces, darker))
    for name in ("skin_lightness", "hair_lightness"):
        column = reader.style.index(name)
        # Landmarks move by a fraction of a pixel.
        ratio = after[:, column] / before[:, column]
        np.testing.assert_allclose(np.median(ratio), 0.8, atol=0.02)


def test_no_face_has_no_attributes_and_no_image_is_refused(parts, faceless):
    reader = FaceAttributes(parts)
    assert np.isnan(reader.read(faceless)).all()
    with pytest.raises(ValueError, match="from 200 to 200; give values in"):
        reader.read(jnp.full((1, 64, 64, 3), 200.0))
    with pytest.raises(ValueError, match=r"shape \(0, 64, 64, 3\)"):
        reader.read(faceless[:0])
