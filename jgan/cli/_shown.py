"""A run's progress on the terminal."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import rich.progress

from jgan.cli._console import err, mention


@contextlib.contextmanager
def shown(name: str, num_steps: int) -> Iterator[Callable[[Any], None]]:
    """Yields what shows a run's progress and warnings, until the block ends.

    Args:
        name: Of what is trained.
        num_steps: Steps in all.
    """
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    with rich.progress.Progress(*columns, console=err) as bar:
        task = bar.add_task(name, total=num_steps)

        def show(progress: Any) -> None:
            metrics = progress.metrics
            bar.update(
                task,
                completed=progress.step,
                description=f"{name}: {progress.images_per_second:.0f} images/s, loss"
                f" real {metrics.real:.2f} fake {metrics.fake:.2f} generator"
                f" {metrics.generator:.2f}",
            )
            if progress.measures is not None:
                for warning in progress.measures.warnings:
                    mention(warning.rstrip("."))

        yield show
