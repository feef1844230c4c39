"""`jgan train`: trains a generator that jgan ships, or goes on with a run."""

import dataclasses
import pathlib
from typing import Annotated

import rich.progress
import tyro

from jgan.cli._checks import check_seed
from jgan.cli._console import err, say


def train(
    preset: Annotated[str, tyro.conf.arg(metavar="PRESET")],
    /,
    *,
    out: pathlib.Path,
    steps: int | None = None,
    resume: bool = False,
    half_steps: int | None = None,
    seed: int = 0,
) -> None:
    """Train a generator from nothing, in a folder that a killed run goes on from.

    The folder gets checkpoints, metrics.jsonl, sample pictures and, at the end, the
    averaged generator in a folder that every command takes as MODEL.

    Args:
        preset: scenes64.
        out: The run's folder.
        steps: Steps in all, those before a resumption included; by default as many as
            the shipped weights took.
        resume: Go on from the last checkpoint in the folder.
        half_steps: Steps at half the resolution before the networks grow, 0 for none;
            by default as the shipped weights. A resumed run needs the same.
        seed: Of everything that is drawn; a resumed run needs the same.
    """
    # Only here: no other command needs optax and orbax.
    from jgan import training
    from jgan.convert import save
    from jgan.convert.assemble import assemble

    check_seed(seed)
    if preset not in training.PRESETS:
        raise ValueError(
            f"There is no preset {preset!r}. Have {', '.join(training.PRESETS)}."
        )
    chosen = training.PRESETS[preset]
    config = dataclasses.replace(chosen.config, seed=seed)
    if half_steps is not None:
        config = dataclasses.replace(config, half_steps=half_steps)
    world = chosen.world()
    num_steps = chosen.num_steps if steps is None else steps
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=err) as bar:
        task = bar.add_task(preset, total=num_steps)

        def show(progress: training.Progress) -> None:
            metrics = progress.metrics
            bar.update(
                task,
                completed=progress.step,
                description=f"{preset}: {progress.images_per_second:.0f} images/s, loss"
                f" real {metrics.real:.2f} fake {metrics.fake:.2f} generator"
                f" {metrics.generator:.2f}",
            )

        state = training.train(
            config, world, out, num_steps=num_steps, resume=resume, callback=show
        )
    if num_steps <= config.half_steps:
        say(f"{out}: {num_steps} steps, and the generator has yet to grow.")
        return
    gan = assemble(
        "biggan",
        config.generator,
        training.averaged_generator(config, state),
        name=preset,
        class_names=world.class_names,
    )
    folder = save(gan, out / "generator")
    say(
        f"{folder}: {preset} after {num_steps} steps. `jgan tour {folder}` looks at it."
    )
