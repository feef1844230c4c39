"""GAN Dissection (Bau et al., 2019): which units draw which concepts.

First a threshold for every unit (`quantile_thresholds` or `iqr_thresholds`), on a
`Sample` of images of its own; then `dissect`, which compares units with concepts.
`randomized` makes the control that has learned nothing.
"""

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
