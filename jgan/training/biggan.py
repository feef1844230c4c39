"""Training of a class-conditional BigGAN, as the loop runs it."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import UInt8

from jgan.training.averaged import sample_grid
from jgan.training.loop import Progress, run
from jgan.training.recipe import Measures
from jgan.training.state import Config, State, grow, initial_state
from jgan.training.step import Metrics, train_step
from jgan.worlds import Batch, World


class _Stage(NamedTuple):
    """What is static about a step: its config, and whether it is at half the size."""

    config: Config
    half: bool


@dataclasses.dataclass(frozen=True)
class _Recipe:
    config: Config

    @property
    def batch_size(self) -> int:
        return self.config.batch_size

    @property
    def resolution(self) -> int:
        return self.config.generator.resolution

    @property
    def num_classes(self) -> int:
        return self.config.generator.num_classes

    @property
    def seed(self) -> int:
        return self.config.seed

    @property
    def growth(self) -> tuple[int, ...]:
        return (self.config.half_steps,) if self.config.half_steps else ()

    def initial_state(self) -> State:
        return initial_state(self.config)

    def grow(self, state: State, growth: int) -> State:
        return grow(self.config, state)

    def refresh(self, state: State, step: int) -> None:
        return None

    def stage(self, step: int) -> _Stage:
        return _Stage(self.config.at(step), step <= self.config.half_steps)

    def advance(
        self,
        state: State,
        batch: Batch,
        *,
        stage: _Stage,
        sharding: jax.sharding.Sharding | None,
    ) -> tuple[State, Metrics]:
        return train_step(
            state, batch, stage.config, half=stage.half, sharding=sharding
        )

    def picture(self, state: State, stage: _Stage) -> UInt8[np.ndarray, "row col 3"]:
        return sample_grid(self.config, state, half=stage.half)

    def measure(self, state: State, stage: _Stage) -> Measures | None:
        return None


def train(
    config: Config,
    world: World,
    out: pathlib.Path,
    *,
    num_steps: int,
    resume: bool = False,
    report_every: int = 50,
    save_every: int = 500,
    mesh: jax.sharding.Mesh | None = None,
    callback: Callable[[Progress], None] = lambda progress: None,
) -> State:
    """Returns the state after `num_steps` steps in all, writing the run's folder.

    Args:
        config: What to train.
        world: Real images, of the generator's resolution and classes.
        out: The run's folder, as `run` writes it.
        num_steps: Steps in all, those before a resumption included.
        resume: Go on from the last checkpoint in `out`.
        report_every: Steps between reports.
        save_every: Steps between checkpoints, a multiple of `report_every`.
        mesh: Devices of one axis that share the images of a step. Results are those of
            one device up to rounding.
        callback: Called with every report.

    Raises:
        ValueError: If config, world, folder and arguments do not fit each other.
        FileNotFoundError: If there is nothing to resume.
        DivergedError: If the training diverges. The last checkpoint is a good one.
    """
    return run(
        _Recipe(config),
        world,
        out,
        num_steps=num_steps,
        resume=resume,
        report_every=report_every,
        save_every=save_every,
        mesh=mesh,
        callback=callback,
    )
