"""Networks that tell what an image shows, for analyses to ask.

`Segmenter` is what an analysis receives. `scenes_network` loads the one that jgan
trained on the scenes world, which also tells the class and the factors of a scene and
gives features to measure distances with. `scenes/` is how it is made and judged.
`face_parts` tells lips, eyes, brows and nose of generated faces, with a network that
comes with the extra ``faces``; it gives labels, no scores. `faces/` is how.
"""

from jgan.segment._segmenter import Segmenter as Segmenter
from jgan.segment.faces import FaceParts as FaceParts, face_parts as face_parts
from jgan.segment.scenes import (
    SceneNetwork as SceneNetwork,
    scenes_network as scenes_network,
)
