"""Who tells what an image shows, for analyses to ask.

`Segmenter` is what an analysis receives, `ScoringSegmenter` what one of causes does.
`scenes_network` loads the one that jgan trained on the scenes world, which also tells
the class and the factors of a scene and gives features to measure distances with;
`scenes/` is how it is made and judged. `FaceParts` tells lips, eyes, brows and nose of
generated faces; it gives labels, no scores. `jgan.zoo.face_parts` loads it, with the
extra ``faces``; `faces/` is how. `from_function` makes a segmenter of any function in
JAX, `from_host_function` of any other, and `with_halves` one that also tells the upper
part of a tree from the lower. `SceneAttributes`, `SceneFactors` and
`FaceAttributes` are an `AttributeReader`: they measure what edits change.
`face_identity` tells persons apart, with the extra ``identity``.
"""

from jgan.segment._functions import (
    from_function as from_function,
    from_host_function as from_host_function,
)
from jgan.segment._halves import with_halves as with_halves
from jgan.segment.faces import (
    FaceAttributes as FaceAttributes,
    FaceIdentity as FaceIdentity,
    FaceParts as FaceParts,
    face_identity as face_identity,
)
from jgan.segment.scenes import (
    SceneAttributes as SceneAttributes,
    SceneFactors as SceneFactors,
    SceneNetwork as SceneNetwork,
    scenes_network as scenes_network,
)
from jgan.typing import (
    AttributeReader as AttributeReader,
    ScoringSegmenter as ScoringSegmenter,
    Segmenter as Segmenter,
)
