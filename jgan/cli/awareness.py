"""`jgan awareness`: which channels of a generator serve which class."""

import functools
import pathlib
from collections.abc import Callable
from typing import Annotated, Literal

import jax
import rich.progress
import tyro

from jgan import zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, progress_bar, say
from jgan.gan import Gan
from jgan.metrics import ClassPerformance

# Images of each class and set: more than the features have dimensions, and half a
# minute of two cores.
_PER_CLASS, _BATCH = 200, 40
# The page splits the key of the seed, and the first of those keys are folds of it by
# small numbers. By this one it is another: the images measured are not those shown.
_PERFORMANCE = 2**31 - 1


def awareness(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")] = "scenes64",
    /,
    *,
    classes: tuple[str, ...] = (),
    estimator: Literal["auto", "analytic", "empirical", "active_fraction"] = "auto",
    num_latents: int = 64,
    out: pathlib.Path = pathlib.Path("awareness"),
    seed: int = 0,
) -> None:
    """Show which channels serve which class, as a page that opens from disk.

    Args:
        model: Name in `jgan models`, or a folder; a generator with classes.
        classes: Two to eight classes to show one by one, by name or label; at even
            distances by default.
        estimator: How awareness is found: read off the class-conditional layers
            (analytic, active_fraction), or measured (empirical), as is done by default
            where there are none.
        num_latents: For each class, to estimate awareness.
        out: Folder to write; such a page there is replaced.
        seed: Another number, other images.
    """
    # Only here: no other command needs it.
    from jgan.report import write_awareness

    check_seed(seed)
    gan = zoo.load(model, callback=mention)
    with progress_bar(rich.progress.TimeElapsedColumn()) as progress:
        page = write_awareness(
            gan,
            out,
            classes=classes,
            estimator=estimator,
            num_latents=num_latents,
            performance=_performance(gan, seed),
            seed=seed,
            progress=progress,
        )
    say(f"Open {page.resolve()} in a browser.")


def _performance(gan: Gan, seed: int) -> Callable[[], ClassPerformance] | None:
    """Returns what measures the classes, where real images of them are known."""
    from jgan import metrics, segment

    network = segment.scenes_network()
    if gan.class_names != network.class_names or gan.resolution != 64:
        return None

    def generate(labels: jax.Array, key: jax.Array) -> jax.Array:
        latents = gan.sample_latents(len(labels), class_label=labels, key=key)
        return gan.forward(gan.params, latents)[0]

    return functools.partial(
        metrics.scenes_performance,
        generate,
        network,
        num_images=_PER_CLASS,
        batch_size=_BATCH,
        key=jax.random.fold_in(jax.random.key(seed), _PERFORMANCE),
    )
