"""Parts of a face, read off its pixels: lips, eyes, brows, nose, the rest of the face.

Start with `face_parts`. `landmarks` finds a face with the network that the extra
``faces`` brings, `contours` says which landmarks go round which part, `fill` turns
contours into pixels.
"""

from jgan.segment.faces.contours import CONCEPTS as CONCEPTS
from jgan.segment.faces.parts import FaceParts as FaceParts, face_parts as face_parts
