"""Streaming statistics of activations, whose size no number of images changes.

Every statistic is a commutative monoid: a zero, the statistic of one batch, a merge,
and readers (`_moments`, `_units`). `collect` runs a generator and feeds them: start
there. `_batches` has what any other pass over batches needs.
"""

from jgan.stats._batches import (
    check_finite as check_finite,
    check_layers as check_layers,
    select_latents as select_latents,
)
from jgan.stats._collect import collect as collect
from jgan.stats._moments import (
    UnitMoments as UnitMoments,
    merge_moments as merge_moments,
    moments_of as moments_of,
    unit_std as unit_std,
    zero_moments as zero_moments,
)
from jgan.stats._units import (
    UnitStatistics as UnitStatistics,
    merge_statistics as merge_statistics,
    statistics_of as statistics_of,
    zero_statistics as zero_statistics,
)
