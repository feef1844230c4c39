"""Parts of a face, read off its pixels: lips, eyes, brows, nose, the rest of the face.

Start with `FaceParts`, which `jgan.zoo.face_parts` loads. `landmarks` finds a face with
the network that is in it, `contours` says which landmarks go round which part, `fill`
turns contours into pixels. `FaceAttributes` reads pose and colors, for edits, and
`FaceIdentity`, which `face_identity` finds, tells persons apart.
"""

from jgan.segment.faces.attributes import FaceAttributes as FaceAttributes
from jgan.segment.faces.contours import CONCEPTS as CONCEPTS
from jgan.segment.faces.identity import (
    FaceIdentity as FaceIdentity,
    face_identity as face_identity,
)
from jgan.segment.faces.parts import FaceParts as FaceParts
