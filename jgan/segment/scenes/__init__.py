"""The scenes network: concepts, class and factors of a scene, read off its pixels.

Start with `scenes_network`, the trained one, and `factors.py`, what it reads. `network`
is its architecture, `fit` trains another, `evaluate` judges one on scenes it never saw.
`SceneAttributes` reads what edits are to change, `SceneFactors` all there is to read.
"""

from jgan.segment.scenes.attributes import (
    SceneAttributes as SceneAttributes,
    SceneFactors as SceneFactors,
)
from jgan.segment.scenes.evaluate import (
    Figures as Figures,
    confusion_of as confusion_of,
    evaluate as evaluate,
    iou_of as iou_of,
)
from jgan.segment.scenes.factors import (
    FACTOR_NAMES as FACTOR_NAMES,
    Truth as Truth,
    factor_truth as factor_truth,
)
from jgan.segment.scenes.fit import fit as fit
from jgan.segment.scenes.reader import (
    SceneNetwork as SceneNetwork,
    scenes_network as scenes_network,
)
