"""Do units cause what they overlap with? Change them, and look at the image.

`ablation_curve` turns off more and more units in a given order. `find_sites` looks for
places that show a concept and for places that could, and `optimize_effect` for the set
of units with the largest average causal effect (ACE) there (Bau et al., 2019, section
3.2); `set_effect` measures it for any set. `insertion_by_context` tells which grounds
accept a concept. Only the layers after the edit run more than once.
"""

from jgan.dissect.causes._ablation import (
    AblationCurve as AblationCurve,
    ablation_curve as ablation_curve,
)
from jgan.dissect.causes._context import (
    ContextEffect as ContextEffect,
    insertion_by_context as insertion_by_context,
)
from jgan.dissect.causes._effect import (
    AverageCausalEffect as AverageCausalEffect,
    SetEffect as SetEffect,
    optimize_effect as optimize_effect,
    set_effect as set_effect,
)
from jgan.dissect.causes._sites import (
    NoSitesError as NoSitesError,
    Places as Places,
    Sites as Sites,
    find_sites as find_sites,
)
