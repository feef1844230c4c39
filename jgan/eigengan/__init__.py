"""EigenGAN: generators whose layers carry orthogonal dimensions (He, Kan & Shan, 2021).

`train` makes one; `_step` is one step of it. Of a trained one, `dimensions` lists the
dimensions by importance, `traverse` walks along them, `effects` tells how much each and
each layer changes, of pixels or of attributes, and `read_attributes` what each stands
for. `linear_solution` is the case of one linear layer, which is PCA.
"""

from jgan.eigengan._attributes import (
    Readings as Readings,
    read_attributes as read_attributes,
)
from jgan.eigengan._config import Change as Change, TrainConfig as TrainConfig
from jgan.eigengan._dimensions import (
    VALUES as VALUES,
    Dimension as Dimension,
    dimensions as dimensions,
    traverse as traverse,
    without_layer as without_layer,
)
from jgan.eigengan._effects import (
    Effects as Effects,
    config_of as config_of,
    effects as effects,
)
from jgan.eigengan._linear import (
    LinearEigenGan as LinearEigenGan,
    fit_linear as fit_linear,
    linear_nll as linear_nll,
    linear_solution as linear_solution,
)
from jgan.eigengan._presets import PRESETS as PRESETS
from jgan.eigengan._recipe import train as train
from jgan.eigengan._state import State as State, initial_state as initial_state
from jgan.eigengan._step import Metrics as Metrics, train_step as train_step
