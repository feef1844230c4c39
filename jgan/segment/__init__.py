"""Networks that tell what an image shows, for analyses to ask.

`Segmenter` is what an analysis receives. `scenes_network` loads the one that jgan
trained on the scenes world, which also tells the class and the factors of a scene and
gives features to measure distances with. `scenes/` is how it is made and judged.
"""

from jgan.segment._segmenter import Segmenter as Segmenter
from jgan.segment.scenes import (
    SceneNetwork as SceneNetwork,
    scenes_network as scenes_network,
)
