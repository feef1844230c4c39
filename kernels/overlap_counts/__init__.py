"""How many pixels each unit shares with each concept.

`reference` is the definition, `active_cells` what a CPU runs, `fused` what a TPU runs,
`api` the choice.
"""

from .api import (
    Implementation as Implementation,
    overlap_counts as overlap_counts,
)
from .reference import OverlapCounts as OverlapCounts, enlarge as enlarge
