"""Streaming statistics of activations, whose size no number of images changes.

Every statistic is a commutative monoid (`_accumulator`): a zero, an update from a
batch, a merge, and readers. `collect` runs a generator and feeds any number of them:
start there. `_batches` has what any other pass over batches needs.
"""

from jgan.stats._accumulator import Accumulator as Accumulator, Seen as Seen
from jgan.stats._batches import (
    check_concepts as check_concepts,
    check_finite as check_finite,
    check_labels as check_labels,
    check_layers as check_layers,
    select_latents as select_latents,
)
from jgan.stats._chunk import labels_of as labels_of
from jgan.stats._collect import collect as collect
from jgan.stats._covariance import (
    UnitCovariance as UnitCovariance,
    zero_covariance as zero_covariance,
)
from jgan.stats._fingerprint import digest as digest, digest_of_gan as digest_of_gan
from jgan.stats._levels import (
    LevelCounts as LevelCounts,
    zero_levels as zero_levels,
)
from jgan.stats._moments import (
    UnitMoments as UnitMoments,
    merge_moments as merge_moments,
    moments_of as moments_of,
    unit_std as unit_std,
    zero_moments as zero_moments,
)
from jgan.stats._overlap import (
    Overlap as Overlap,
    quality_ratio as quality_ratio,
    zero_overlap as zero_overlap,
)
from jgan.stats._quantiles import (
    RELATIVE_ERROR as RELATIVE_ERROR,
    Quantiles as Quantiles,
    RefinedQuantiles as RefinedQuantiles,
    zero_quantiles as zero_quantiles,
)
from jgan.stats._resume import Saved as Saved
from jgan.stats._scatter import (
    MODES as MODES,
    ModeScatter as ModeScatter,
    center as center,
    merge_means as merge_means,
    zero_scatter as zero_scatter,
)
from jgan.stats._segmenting import as_pytree as as_pytree
from jgan.stats._top import TopImages as TopImages, zero_top as zero_top
from jgan.stats._units import (
    UnitStatistics as UnitStatistics,
    statistics_of as statistics_of,
    zero_statistics as zero_statistics,
)
from jgan.stats._views import Enlarged as Enlarged, OthersLabels as OthersLabels
