"""Directions of a latent, or of an activation, along which images change.

`Directions` is what every method gives and `traverse` takes: images of many directions
and strengths at once, which `traversal_sheet` puts into one picture. `move` makes the
edits of one step, to combine with others. Start with `_directions`.

Tensor Component Analysis: `mpca` decomposes a layer by mode, `ridge_regression` (or
`adam_regression`, as originally) takes its activation back to the latent, `_edits` has
the directions of either. `sefa`, `ganspace`, `vectorized_pca` and `random_directions`
are what it is compared with, by `all_methods` and `compare_directions`.
"""

from jgan.components._adam import (
    AdamConfig as AdamConfig,
    Trained as Trained,
    adam_regression as adam_regression,
    loss_of as loss_of,
)
from jgan.components._compare import (
    Comparison as Comparison,
    compare_directions as compare_directions,
    latent_spread as latent_spread,
)
from jgan.components._decomposition import (
    Decomposition as Decomposition,
    Ranks as Ranks,
    project as project,
    reconstruct as reconstruct,
)
from jgan.components._directions import (
    Directions as Directions,
    move as move,
    unit_length as unit_length,
)
from jgan.components._edits import (
    combine as combine,
    mixing_directions as mixing_directions,
    mode_directions as mode_directions,
    to_latent as to_latent,
)
from jgan.components._ganspace import ganspace as ganspace
from jgan.components._methods import (
    Methods as Methods,
    all_methods as all_methods,
    cut as cut,
)
from jgan.components._mpca import mpca as mpca
from jgan.components._pca import Pca as Pca, vectorized_pca as vectorized_pca
from jgan.components._random import random_directions as random_directions
from jgan.components._regression import (
    Regression as Regression,
    r_squared as r_squared,
)
from jgan.components._ridge import Ridge as Ridge, ridge_regression as ridge_regression
from jgan.components._sefa import sefa as sefa
from jgan.components._sheet import traversal_sheet as traversal_sheet
from jgan.components._traverse import traverse as traverse
from jgan.components._weights import (
    CpWeight as CpWeight,
    TuckerRanks as TuckerRanks,
    TuckerWeight as TuckerWeight,
    cp_weight as cp_weight,
    tucker_weight as tucker_weight,
)
