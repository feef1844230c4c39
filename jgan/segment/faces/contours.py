"""Which landmarks of MediaPipe's face mesh go round which part of a face.

The mesh has 468 vertices, the same in every face, numbered in
``mediapipe/modules/face_geometry/data/canonical_face_model.obj`` of MediaPipe
(Apache-2.0). The contours of lips, eyes, brows and oval are those of its
``face_mesh_connections.py``; it has none of the nose, whose contour here follows edges
of the mesh down both sides of the bridge, round the wings and under the nostrils.

The mesh is its own mirror image. So contours are stated as pairs, the vertex on the
person's right side and its mirror image on the left, and the pairs also tell what a
mirrored picture's landmarks are.
"""

import numpy as np

# In the order of precedence: a pixel inside of two contours belongs to the first.
CONCEPTS = ("lips", "eyes", "brows", "nose", "face", "background")

NUM_VERTICES = 468

_Pairs = tuple[tuple[int, int], ...]
# Closed contours; those of a concept are filled together.
Contours = tuple[tuple[int, ...], ...]

# Across the middle of the face, from its upper to its lower end.
_OVAL: _Pairs = (
    (10, 10),
    (109, 338),
    (67, 297),
    (103, 332),
    (54, 284),
    (21, 251),
    (162, 389),
    (127, 356),
    (234, 454),
    (93, 323),
    (132, 361),
    (58, 288),
    (172, 397),
    (136, 365),
    (150, 379),
    (149, 378),
    (176, 400),
    (148, 377),
    (152, 152),
)
_NOSE: _Pairs = (
    (168, 168),
    (193, 417),
    (245, 465),
    (188, 412),
    (174, 399),
    (217, 437),
    (198, 420),
    (209, 429),
    (129, 358),
    (98, 327),
    (97, 326),
    (2, 2),
)
_OUTER_LIPS: _Pairs = (
    (0, 0),
    (37, 267),
    (39, 269),
    (40, 270),
    (185, 409),
    (61, 291),
    (146, 375),
    (91, 321),
    (181, 405),
    (84, 314),
    (17, 17),
)
_INNER_LIPS: _Pairs = (
    (13, 13),
    (82, 312),
    (81, 311),
    (80, 310),
    (191, 415),
    (78, 308),
    (95, 324),
    (88, 318),
    (178, 402),
    (87, 317),
    (14, 14),
)
# One on either side, each pair once round.
_EYE: _Pairs = (
    (33, 263),
    (7, 249),
    (163, 390),
    (144, 373),
    (145, 374),
    (153, 380),
    (154, 381),
    (155, 382),
    (133, 362),
    (173, 398),
    (157, 384),
    (158, 385),
    (159, 386),
    (160, 387),
    (161, 388),
    (246, 466),
)
_BROW: _Pairs = (
    (46, 276),
    (53, 283),
    (52, 282),
    (65, 295),
    (55, 285),
    (107, 336),
    (66, 296),
    (105, 334),
    (63, 293),
    (70, 300),
)


def _across(pairs: _Pairs) -> tuple[int, ...]:
    """Returns the contour down one side of the face and up the other."""
    right, left = zip(*pairs, strict=True)
    return (*right, *reversed(left))


def _beside(pairs: _Pairs) -> Contours:
    """Returns the contours on both sides, which turn the same way."""
    right, left = zip(*pairs, strict=True)
    return right, left[::-1]


# By concept, but for the background. What is between open lips is no lip: the inner
# contour turns against the outer.
CONTOURS: dict[str, Contours] = {
    "lips": (_across(_OUTER_LIPS), _across(_INNER_LIPS)[::-1]),
    "eyes": _beside(_EYE),
    "brows": _beside(_BROW),
    "nose": (_across(_NOSE),),
    "face": (_across(_OVAL),),
}

_PAIRS = (*_OVAL, *_NOSE, *_OUTER_LIPS, *_INNER_LIPS, *_EYE, *_BROW)
# The vertices that contours use. Only of these is the mirror image stated.
VERTICES = np.unique(_PAIRS)
MIRROR = np.arange(NUM_VERTICES)
for _right, _left in _PAIRS:
    MIRROR[_right], MIRROR[_left] = _left, _right
