"""Channel awareness: which channels of a class-conditional generator serve which class.

`channel_awareness` has three estimators: `analytic_awareness` reads it off the
class-conditional normalization, without making an image, also as the active fraction,
and `empirical_awareness` measures it. `estimate_gaps` tells how far they are apart, and
`contrast` what sets a class apart. `relevant_channels`, `class_overlap` and
`class_similarity` tell how classes share channels, `correlate` whether a class that
uses more of them looks better, `decompose_awareness` which channels
follow the latent instead.

What channels mean is told by changing them: `sweep_channel` edits one, `rank_channels`
tells which to edit, `hybridize` mixes two classes, and `zeroing_test` shows whether a
class needs its own. `segment_images` cuts images into parts by the channels that serve
their class. Start with `_estimate`.
"""

from jgan.awareness._analytic import analytic_awareness as analytic_awareness
from jgan.awareness._contrast import contrast as contrast
from jgan.awareness._decomposition import (
    Decomposition as Decomposition,
    decompose as decompose,
    decompose_awareness as decompose_awareness,
)
from jgan.awareness._edit_channel import (
    channel_rms as channel_rms,
    sweep_channel as sweep_channel,
)
from jgan.awareness._empirical import empirical_awareness as empirical_awareness
from jgan.awareness._estimate import (
    Awareness as Awareness,
    Gap as Gap,
    channel_awareness as channel_awareness,
    estimate_gaps as estimate_gaps,
)
from jgan.awareness._hybrid import (
    hybrid_edits as hybrid_edits,
    hybridize as hybridize,
)
from jgan.awareness._performance import (
    Correlation as Correlation,
    correlate as correlate,
    total_awareness as total_awareness,
)
from jgan.awareness._rank_channels import (
    ChannelEffects as ChannelEffects,
    rank_channels as rank_channels,
)
from jgan.awareness._rectified import (
    rectified_normal_mean as rectified_normal_mean,
    rectified_normal_share as rectified_normal_share,
)
from jgan.awareness._segmentation import segment_images as segment_images
from jgan.awareness._structure import (
    Similarity as Similarity,
    class_overlap as class_overlap,
    class_similarity as class_similarity,
    relevant_channels as relevant_channels,
)
from jgan.awareness._zeroing import (
    Removal as Removal,
    Zeroing as Zeroing,
    zeroing_test as zeroing_test,
)
