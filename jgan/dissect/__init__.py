"""GAN Dissection (Bau et al., 2019): which units draw which concepts.

First a threshold for every unit (`quantile_thresholds` or `iqr_thresholds`), on a
`Sample` of images of its own; then `dissect`, which compares units with concepts.
`compare_layers` counts what each layer has names for, and `randomized` makes the
control that has learned nothing. `causes` changes units, to see whether they draw what
they overlap with, and `artifact_ranking` looks for those that spoil images.
"""

from jgan.dissect._artifacts import (
    ArtifactRanking as ArtifactRanking,
    artifact_ranking as artifact_ranking,
    distance_without as distance_without,
)
from jgan.dissect._compare import (
    LayerRow as LayerRow,
    compare_layers as compare_layers,
)
from jgan.dissect._dissect import dissect as dissect, randomized as randomized
from jgan.dissect._layer import (
    LEAST_IOU as LEAST_IOU,
    LEAST_QUALITY as LEAST_QUALITY,
    LayerDissection as LayerDissection,
)
from jgan.dissect._sample import Sample as Sample
from jgan.dissect._thresholds import (
    IqrThresholds as IqrThresholds,
    iqr_thresholds as iqr_thresholds,
    quantile_thresholds as quantile_thresholds,
)
