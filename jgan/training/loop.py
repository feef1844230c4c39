"""The training loop: steps, checkpoints, a log, pictures and measures on the way.

A run is a folder. All that is drawn at a step depends on the config's seed and the
step's number, so a run that was killed goes on from its last checkpoint to the same
parameters, bit for bit on as many devices of the same kind.
"""

import functools
import math
import pathlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from orbax.checkpoint import CheckpointManager

from jgan import images
from jgan.training import _checkpoints
from jgan.training._devices import Devices
from jgan.training._folder import (
    LOG,
    MEASURES,
    append_log,
    check_config,
    cut_logs,
    write_config,
)
from jgan.training.keys import REALS, step_key
from jgan.training.recipe import Measures, Recipe
from jgan.worlds import World

_CHECKPOINTS, _PICTURES = "checkpoints", "samples"


class Progress(NamedTuple):
    """What a run tells while it goes on.

    Attributes:
        step: Steps done.
        num_steps: Steps to do.
        images_per_second: Real images, since the last report.
        metrics: Means since the last report, a NamedTuple of the recipe's.
        measures: What was measured of the last checkpoint since, if anything was.
    """

    step: int
    num_steps: int
    images_per_second: float
    metrics: Any
    measures: Measures | None = None


class DivergedError(FloatingPointError):
    """A loss or a gradient became infinite or NaN."""


def run(
    recipe: Recipe,
    world: World,
    out: pathlib.Path,
    *,
    num_steps: int,
    resume: bool = False,
    report_every: int = 50,
    save_every: int = 500,
    mesh: jax.sharding.Mesh | None = None,
    callback: Callable[[Progress], None] = lambda progress: None,
) -> Any:
    """Returns the state after `num_steps` steps in all, writing the run's folder.

    The folder has ``checkpoints``, ``metrics.jsonl`` with a line for every report, and
    ``samples`` with a picture of the averaged generator for every checkpoint; where the
    recipe measures it too, ``measures.jsonl`` with a line for each.

    Args:
        recipe: What to train, and how.
        world: Real images, of the generator's resolution and classes.
        out: The run's folder; made if it does not exist.
        num_steps: Steps in all, those before a resumption included.
        resume: Go on from the last checkpoint in `out`.
        report_every: Steps between reports.
        save_every: Steps between checkpoints, a multiple of `report_every`.
        mesh: Devices of one axis that share the images of a step. Results are those of
            one device up to rounding.
        callback: Called with every report.

    Raises:
        ValueError: If recipe, world, folder and arguments do not fit each other.
        FileNotFoundError: If there is nothing to resume.
        DivergedError: If the training diverges. The last checkpoint is a good one.
    """
    _check(
        recipe,
        world,
        num_steps=num_steps,
        report_every=report_every,
        save_every=save_every,
        mesh=mesh,
    )
    if resume and not (out / _CHECKPOINTS).is_dir():
        raise FileNotFoundError(f"There is no run in {out}. Start without resuming.")
    with _checkpoints.open_checkpoints(out / _CHECKPOINTS) as manager:
        state = _begin(recipe, out, manager, resume=resume)
        done = int(state.step)
        if done > num_steps:
            raise ValueError(f"{out} has done {done} steps; num_steps is {num_steps}.")
        devices = Devices(mesh)
        state = devices.place_state(state)
        pending: list[Any] = []
        measures = None
        start = time.perf_counter()
        for step in range(done + 1, num_steps + 1):
            stage = recipe.stage(step)
            if step - 1 in recipe.growth:
                growth = recipe.growth.index(step - 1)
                grown = jax.jit(_grow, static_argnums=(0, 2))(recipe, state, growth)
                state = devices.place_state(grown)
            refreshed = _refreshed(recipe, state, step, manager.latest_step(), out)
            if refreshed is not None:
                state = devices.place_state(refreshed)
            key = step_key(recipe.seed, step - 1, REALS)
            batch = devices.place_images(world.sample(recipe.batch_size, key=key))
            state, metrics = _step(state, batch, recipe, stage, devices.images)
            pending.append(metrics)
            if step % report_every == 0 or step == num_steps:
                means = _means(pending, step, manager.latest_step(), out)
                now = time.perf_counter()
                rate = len(pending) * recipe.batch_size / (now - start)
                pending, start = [], now
                append_log(
                    out, LOG, step=step, images_per_second=rate, **means._asdict()
                )
                callback(Progress(step, num_steps, rate, means, measures))
                measures = None
            if step % save_every == 0 or step == num_steps:
                _checkpoints.save(manager, state)
                shown = devices.on_one(state)
                picture = recipe.picture(shown, stage)
                (out / _PICTURES).mkdir(exist_ok=True)
                images.write_png(out / _PICTURES / f"{step:07d}.png", picture)
                measures = recipe.measure(shown, stage)
                if measures is not None:
                    append_log(out, MEASURES, step=step, **measures.figures)
    return state


def _begin(
    recipe: Recipe, out: pathlib.Path, manager: CheckpointManager, *, resume: bool
) -> Any:
    saved = manager.latest_step()
    if not resume and saved is not None:
        raise ValueError(
            f"{out} has a run at step {saved}. Resume it, or give another folder."
        )
    if resume and saved is None:
        raise FileNotFoundError(
            f"There is no checkpoint in {out}. Start anew, without resuming."
        )
    if saved is None:
        write_config(out, recipe.config)
        cut_logs(out, step=0)
        return jax.jit(_initial_state, static_argnums=0)(recipe)
    check_config(out, recipe.config)
    cut_logs(out, step=saved)
    return _checkpoints.restore(manager, recipe, saved)


def _refreshed(
    recipe: Recipe, state: Any, step: int, saved: int | None, out: pathlib.Path
) -> Any:
    try:
        return recipe.refresh(state, step)
    except ValueError as error:
        if step == 1:
            # What is wrong was given, and has not diverged.
            raise
        raise DivergedError(
            f"Training diverged before step {step}: {error} {_last(saved, out)}"
        ) from error


def _last(saved: int | None, out: pathlib.Path) -> str:
    if saved is None:
        return "There is no checkpoint yet."
    return f"The last good checkpoint is step {saved} in {out}."


def _initial_state(recipe: Recipe) -> Any:
    return recipe.initial_state()


def _grow(recipe: Recipe, state: Any, growth: int) -> Any:
    return recipe.grow(state, growth)


def _check(
    recipe: Recipe,
    world: World,
    *,
    num_steps: int,
    report_every: int,
    save_every: int,
    mesh: jax.sharding.Mesh | None,
) -> None:
    if world.resolution != recipe.resolution:
        raise ValueError(
            f"The world has images of {world.resolution} pixels, the generator of "
            f"{recipe.resolution}."
        )
    if recipe.num_classes and len(world.class_names) != recipe.num_classes:
        raise ValueError(
            f"The world has {len(world.class_names)} classes, the recipe "
            f"{recipe.num_classes}."
        )
    if num_steps < 1 or report_every < 1 or save_every < 1 or save_every % report_every:
        raise ValueError(
            f"num_steps is {num_steps}, report_every {report_every} and save_every "
            f"{save_every}; each is at least 1, and a checkpoint falls on a report."
        )
    if mesh is not None and (
        len(mesh.axis_names) != 1 or recipe.batch_size % mesh.size
    ):
        raise ValueError(
            f"{recipe.batch_size} images cannot be shared by a mesh of shape "
            f"{dict(mesh.shape)}; it has one axis, whose size divides the batch."
        )


@functools.partial(
    jax.jit, static_argnames=("recipe", "stage", "sharding"), donate_argnames="state"
)
def _step(state, batch, recipe, stage, sharding):
    return recipe.advance(state, batch, stage=stage, sharding=sharding)


def _means(pending: list[Any], step: int, saved: int | None, out: pathlib.Path) -> Any:
    columns = zip(*jax.device_get(pending), strict=True)
    means = type(pending[0])(*(float(np.mean(column)) for column in columns))
    wrong = [n for n, mean in means._asdict().items() if not math.isfinite(mean)]
    if wrong:
        raise DivergedError(
            f"Training diverged between steps {step - len(pending)} and {step}: not "
            f"finite are {', '.join(wrong)}, of {means._asdict()}. "
            f"{_last(saved, out)} Begin another run with lower learning rates."
        )
    return means
