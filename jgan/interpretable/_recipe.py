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
from jgan.interpretable._learned import Learned
from jgan.interpretable._originals import Originals
from jgan.interpretable._partition import Partition, partition_units
from jgan.interpretable._state import State, begun, initial_state
from jgan.interpretable._step import Metrics, train_step
from jgan.training import Measures, Progress, keys, run
from jgan.typing import Images
from jgan.worlds import Batch, World

_PICTURES, _COLS = 64, 8
_LEAST_STD = 0.01


class _Stage(NamedTuple):
    """What is static about a step: whether the generator learns."""

    moves: bool


@dataclasses.dataclass(frozen=True)
class _Run:
    """What a run is known by: with another generator or data it would not go on."""

    training: TrainConfig
    generator: str
    reals: str


@dataclasses.dataclass(frozen=True)
class _Recipe:
    gan: Gan
    training: TrainConfig
    # Not compared: a step is compiled for the others alone.
    reals: str = dataclasses.field(compare=False)

    @property
    def config(self) -> _Run:
        return _Run(self.training, stats.digest_of_gan(self.gan), self.reals)

    @property
    def batch_size(self) -> int:
        return self.training.batch_size

    @property
    def resolution(self) -> int:
        return self.gan.resolution

    @property
    def num_classes(self) -> int:
        return self.gan.num_classes

    @property
    def seed(self) -> int:
        return self.training.seed

    @property
    def growth(self) -> tuple[int, ...]:
        return ()

    def initial_state(self) -> State:
        return initial_state(self.gan, self.training)

    def grow(self, state: State, growth: int) -> State:
        return state

    def refresh(self, state: State, step: int) -> State | None:
        config = self.training
        if step == 1:
            state = begun(state, self.gan, _scale(self.gan, config))
            partition = _partition(self.gan, config, like=None)
            return state._replace(groups=Groups.of(partition))
        # While the generator waits, units stay where they are.
        moved = step - 1 - config.warmup
        if moved <= 0 or moved % config.partition_every:
            return None
        before = state.groups
        partition = _partition(
            dataclasses.replace(self.gan, params=state.params(state.generator)),
            config,
            like=np.asarray(before.numbers),
        )
        # Widths stay: units that come closer would make them, and so the loss, ever
        # narrower.
        groups = Groups.of(partition)._replace(variances=before.variances)
        return state._replace(groups=groups)

    def stage(self, step: int) -> _Stage:
        return _Stage(moves=step > self.training.warmup)

    def advance(
        self,
        state: State,
        batch: Batch,
        *,
        stage: _Stage,
        sharding: jax.sharding.Sharding | None,
    ) -> tuple[State, Metrics]:
        return train_step(
            self.gan, state, batch, self.training, moves=stage.moves, sharding=sharding
        )

    def picture(self, state: State, stage: _Stage) -> UInt8[np.ndarray, "row col 3"]:
        key = keys.step_key(self.seed, 0, keys.SAMPLES)
        made = _generate(retrained(self.gan, state), key)
        return pictures.grid(pictures.to_uint8(made), cols=_COLS)

    def measure(self, state: State, stage: _Stage) -> Measures:
        config, gan = self.training, retrained(self.gan, state)
        numbers = np.asarray(state.groups.numbers)
        try:
            partition = _partition(gan, config, like=numbers)
            found = agreement(
                gan,
                partition,
                num_images=config.num_described,
                batch_size=config.batch_size,
                key=keys.step_key(self.seed, 0, keys.STANDING),
            )
        except ValueError as error:
            # The checkpoint is written, and the run may recover.
            return Measures({}, (f"There is no partition to measure: {error}",))
        return Measures(
            {
                "within": found.within,
                "between": found.between,
                "area": [*map(float, found.area)],
                "repeated": [*map(float, found.repeated)],
                "group_sizes": [*map(float, found.unit_shares)],
                "num_dead": partition.num_dead,
                "kept": float((partition.groups == numbers).mean()),
            }
        )


def _partition(
    gan: Gan, config: TrainConfig, *, like: Int[np.ndarray, " unit"] | None
) -> Partition:
    key = keys.step_key(config.seed, 0, keys.PARTITION)
    describe_key, partition_key = jax.random.split(key)
    descriptors = describe_units(
        gan,
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
    # Of a unit that is hardly ever off, a small step would be a large one.
    std = jnp.maximum(std, _LEAST_STD * jnp.median(std))
    return Scale(mean, jnp.where(std > 0, std, 1.0))


@jax.jit
def _generate(gan: Gan, key: PRNGKeyArray) -> Images:
    latents = gan.sample_latents(_PICTURES, key=key)
    return gan.forward(gan.params, latents, None)[0]


def retrained(gan: Gan, state: State) -> Gan:
    """Returns the generator with the averaged parameters of a training.

    Its name is that of the generator as it was, and "-interpretable".

    Args:
        gan: As it was.
        state: Of the training.
    """
    name = f"{gan.name}-interpretable"
    return dataclasses.replace(gan, name=name, params=state.params(state.ema))


def learned(gan: Gan, config: TrainConfig, state: State) -> Learned:
    """Returns what a training has learned of the layer, for use with `retrained`.

    Units are partitioned as they are after it. Groups keep their numbers.

    Args:
        gan: As it was.
        config: Of the training.
        state: After it.

    Raises:
        ValueError: If fewer units are alive than there are groups.
    """
    like = np.asarray(state.groups.numbers)
    partition = _partition(retrained(gan, state), config, like=like)
    return Learned(
        partition, config.energy, state.energy.average, state.scale, gan.name
    )


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

    `retrained` makes the generator of it, and `learned` the groups. Beside what every
    run writes, ``measures.jsonl`` has for each checkpoint how alike units are within
    groups and between them, how large groups are, how many units are dead, and which
    share of units would keep its group, were they partitioned now.

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
    stats.check_layers(gan, (config.layer,))
    num_units = gan.layers[config.layer].units
    if config.num_groups > num_units:
        raise ValueError(
            f"num_groups is {config.num_groups}, and layer {config.layer!r} of "
            f"{gan.name} has {num_units} units. Give at most as many."
        )
    world = Originals(gan) if world is None else world
    return run(
        _Recipe(gan, config, type(world).__name__),
        world,
        out,
        num_steps=num_steps,
        resume=resume,
        report_every=report_every,
        save_every=save_every,
        mesh=mesh,
        callback=callback,
    )
