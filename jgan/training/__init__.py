"""Adversarial training: networks, a world of real images, and a folder for the run.

`run` is the loop, for any `Recipe`; `train` is the one of BigGAN, and `train_step` one
pure step of that. A `Config` says what to train, `PRESETS` names what jgan ships. Start
with `step.py`.
"""

from jgan.training.averaged import (
    averaged_generator as averaged_generator,
    sample_grid as sample_grid,
)
from jgan.training.biggan import train as train
from jgan.training.cores import (
    mesh_of_cores as mesh_of_cores,
    use_cores as use_cores,
)
from jgan.training.loop import (
    DivergedError as DivergedError,
    Progress as Progress,
    run as run,
)
from jgan.training.presets import PRESETS as PRESETS, Preset as Preset
from jgan.training.recipe import Measures as Measures, Recipe as Recipe
from jgan.training.state import (
    Config as Config,
    Finish as Finish,
    State as State,
    initial_state as initial_state,
)
from jgan.training.step import Metrics as Metrics, train_step as train_step
