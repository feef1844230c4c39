"""How far generated images are from real ones, on any function of images to features.

`_features` runs the function over batches: start with `collect_features`, or with
`collect_moments` where the features of all images do not fit in memory. On what it
returns, `_frechet` and `_kernel` compare distributions, and `_neighbors` tells fidelity
(precision) from variety (recall); `_by_class` has them class by class. All of it is
float64 on the host. `_scenes` puts them together for generators of the scenes world.
`_partition` compares segmentations, whose parts need no names; `_leakage` and
`_locality` tell whether edits change what they are for and nothing else, and
`_disentanglement` whether single codes tell single attributes, and `_identity` whether
a face is taken for the one that it is meant to be.
"""

from jgan.metrics._by_class import (
    ClassPerformance as ClassPerformance,
    class_performance as class_performance,
)
from jgan.metrics._disentanglement import (
    Disentanglement as Disentanglement,
    disentanglement as disentanglement,
)
from jgan.metrics._features import (
    Features as Features,
    collect_features as collect_features,
    collect_moments as collect_moments,
)
from jgan.metrics._frechet import (
    frechet_distance as frechet_distance,
    gaussian_distance as gaussian_distance,
)
from jgan.metrics._identity import (
    SAME_PERSON as SAME_PERSON,
    Verification as Verification,
    verification as verification,
)
from jgan.metrics._kernel import (
    KernelDistance as KernelDistance,
    kernel_distance as kernel_distance,
)
from jgan.metrics._leakage import (
    leakage as leakage,
    mean_off_diagonal as mean_off_diagonal,
    separation as separation,
)
from jgan.metrics._locality import locality as locality
from jgan.metrics._moments import (
    FeatureMoments as FeatureMoments,
    feature_covariance as feature_covariance,
    feature_moments_of as feature_moments_of,
    merge_feature_moments as merge_feature_moments,
    zero_feature_moments as zero_feature_moments,
)
from jgan.metrics._neighbors import (
    PrecisionRecall as PrecisionRecall,
    precision_recall as precision_recall,
)
from jgan.metrics._partition import adjusted_rand_index as adjusted_rand_index
from jgan.metrics._scenes import (
    ScenesFigures as ScenesFigures,
    scenes_figures as scenes_figures,
    scenes_performance as scenes_performance,
)
