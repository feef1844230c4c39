"""Training for interpretable units, as the loop of `jgan.training` runs it."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int, PRNGKeyArray, UInt8

from jgan import images as pictures, stats
from jgan.gan import Gan
from jgan.interpretable._agreement import agreement
from jgan.interpretable._config import TrainConfig
from jgan.interpretable._descriptors import describe_units
from jgan.interpretable._energy import Scale
from jgan.interpretable._groups import Groups
from jgan.interpretable._originals import Originals
from jgan.interpretable._partition import Partition, partition_units
from jgan.interpretable._state import State, initial_state
from jgan.interpretable._step import Metrics, train_step
from jgan.training import Measures, Progress, keys, run
from jgan.typing import Images
from jgan.worlds import Batch, World

_PICTURES, _COLS = 64, 8


class _Stage(NamedTuple):
    """What is static about a step: whether the generator learns."""

    moves: bool


@dataclasses.dataclass(frozen=True)
class _Recipe:
    gan: Gan
    config: TrainConfig

    @property
    def batch_size(self) -> int:
        return self.config.batch_size

    @property
    def resolution(self) -> int:
        return self.gan.resolution

    @property
    def num_classes(self) -> int:
        return self.gan.num_classes

    @property
    def seed(self) -> int:
        return self.config.seed

    @property
    def growth(self) -> tuple[int, ...]:
        return ()

    def initial_state(self) -> State:
        return initial_state(self.gan, self.config)

    def grow(self, state: State, growth: int) -> State:
        return state

    def refresh(self, state: State, step: int) -> State | None:
        if (step - 1) % self.config.partition_every:
            return None
        known = None if step == 1 else np.asarray(state.groups.numbers)
        partition = _partition(self.gan, self.config, state, like=known)
        if step == 1:
            state = state._replace(scale=_scale(self.gan, self.config))
        return state._replace(groups=Groups.of(partition))

    def stage(self, step: int) -> _Stage:
        return _Stage(moves=step > self.config.warmup)

    def advance(
        self,
        state: State,
        batch: Batch,
        *,
        stage: _Stage,
        sharding: jax.sharding.Sharding | None,
    ) -> tuple[State, Metrics]:
        return train_step(
            self.gan, state, batch, self.config, moves=stage.moves, sharding=sharding
        )

    def picture(self, state: State, stage: _Stage) -> UInt8[np.ndarray, "row col 3"]:
        key = keys.step_key(self.seed, 0, keys.SAMPLES)
        made = _generate(retrained(self.gan, state), key)
        return pictures.grid(pictures.to_uint8(made), cols=_COLS)

    def measure(self, state: State, stage: _Stage) -> Measures:
        partition = _partition(
            self.gan, self.config, state, like=np.asarray(state.groups.numbers)
        )
        found = agreement(
            retrained(self.gan, state),
            partition,
            num_images=self.config.num_described,
            batch_size=self.config.batch_size,
            key=keys.step_key(self.seed, 0, keys.STANDING),
        )
        kept = partition.groups == np.asarray(state.groups.numbers)
        return Measures(
            {
                "within": found.within,
                "between": found.between,
                "group_sizes": [*map(float, found.unit_shares)],
                "num_dead": partition.num_dead,
                "kept": float(kept.mean()),
            }
        )


def _partition(
    gan: Gan,
    config: TrainConfig,
    state: State,
    *,
    like: Int[np.ndarray, " unit"] | None,
) -> Partition:
    key = keys.step_key(config.seed, 0, keys.PARTITION)
    describe_key, partition_key = jax.random.split(key)
    descriptors = describe_units(
        retrained(gan, state),
        config.layer,
        num_images=config.num_described,
        batch_size=config.batch_size,
        num_components=config.num_components,
        key=describe_key,
    )
    return partition_units(
        descriptors, num_groups=config.num_groups, like=like, key=partition_key
    )


def _scale(gan: Gan, config: TrainConfig) -> Scale:
    layer = config.layer
    collected = stats.collect(
        gan,
        {layer: {"units": stats.zero_statistics(gan.layers[layer].units)}},
        num_images=config.num_described,
        batch_size=config.batch_size,
        key=keys.step_key(config.seed, 0, keys.STANDING),
    )
    moments = collected[layer]["units"].pixels
    std = jnp.asarray(stats.unit_std(moments), jnp.float32)
    mean = jnp.asarray(moments.mean, jnp.float32)
    return Scale(mean, jnp.where(std > 0, std, 1.0))


@jax.jit
def _generate(gan: Gan, key: PRNGKeyArray) -> Images:
    latents = gan.sample_latents(_PICTURES, key=key)
    return gan.forward(gan.params, latents, None)[0]


def retrained(gan: Gan, state: State) -> Gan:
    """Returns the generator with the averaged parameters of a training.

    Args:
        gan: As it was.
        state: Of the training.
    """
    return dataclasses.replace(gan, params=state.params(state.ema))


def train(
    gan: Gan,
    config: TrainConfig,
    out: pathlib.Path,
    *,
    world: World | None = None,
    num_steps: int,
    resume: bool = False,
    report_every: int = 50,
    save_every: int = 500,
    mesh: jax.sharding.Mesh | None = None,
    callback: Callable[[Progress], None] = lambda progress: None,
) -> State:
    """Returns the state after `num_steps` steps in all, writing the run's folder.

    `retrained` makes the generator of it. Beside what every run writes,
    ``measures.jsonl`` has for each checkpoint how alike units are within groups and
    between them, how large groups are, how many units are dead, and which share of
    units would keep its group, were they partitioned now.

    Args:
        gan: The generator to make interpretable.
        config: How.
        out: The run's folder, as `jgan.training.run` writes it.
        world: Real images, of the generator's resolution and classes; None for those
            that the generator makes as it is, so that no data are needed.
        num_steps: Steps in all, those before a resumption included.
        resume: Go on from the last checkpoint in `out`.
        report_every: Steps between reports.
        save_every: Steps between checkpoints, a multiple of `report_every`.
        mesh: Devices of one axis that share the images of a step.
        callback: Called with every report.

    Raises:
        ValueError: If generator, config, world, folder and arguments do not fit each
            other.
        FileNotFoundError: If there is nothing to resume.
        DivergedError: If the training diverges. The last checkpoint is a good one.
    """
    return run(
        _Recipe(gan, config),
        Originals(gan) if world is None else world,
        out,
        num_steps=num_steps,
        resume=resume,
        report_every=report_every,
        save_every=save_every,
        mesh=mesh,
        callback=callback,
    )
