"""`jgan sample`: a picture of what a generator makes."""

import math
import pathlib
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro

from jgan import images, zoo
from jgan.cli._checks import check_seed
from jgan.cli._console import mention, say
from jgan.gan import Gan

# About 800 MB as RGB. More than anyone looks at, and the memory of a small machine.
_MOST_PIXELS = 2**28
# Pixels per call: 16 images of 128 x 128, at which two cores are busy.
_BATCH_PIXELS = 2**18
_MOST_BATCH = 16
_MOST_NAMES = 40


def sample(
    model: Annotated[str, tyro.conf.arg(metavar="MODEL")],
    /,
    *,
    classes: tuple[str, ...] = (),
    truncation: float | None = None,
    num: int = 16,
    seed: int = 0,
    out: pathlib.Path = pathlib.Path("grid.png"),
) -> None:
    """Draw images and lay them out in one PNG.

    Given classes have one row each, and the images of a column share their z. Without,
    classes are drawn evenly.

    Args:
        model: Name in `jgan models`, or a folder.
        classes: Names or labels, or "all".
        truncation: Below 1: less variety, cleaner images.
        num: How many images, of each class if given.
        seed: Another number, other images.
        out: The PNG to write.
    """
    if num < 1:
        raise ValueError(f"--num is {num}. Ask for at least one image.")
    if truncation is not None and not 0 <= truncation < math.inf:
        raise ValueError(f"--truncation is {truncation}. Give a number from 0 up.")
    check_seed(seed)
    images.check_png_path(out)
    gan = zoo.load(model, callback=mention)
    labels = class_labels(gan, classes)
    total = num * max(1, len(labels))
    if total * gan.resolution**2 > _MOST_PIXELS:
        most = _MOST_PIXELS // gan.resolution**2
        raise ValueError(
            f"{total} images of {gan.resolution} pixels are more than one picture "
            f"holds. Ask for at most {most}."
        )
    key = jax.random.key(seed)
    if labels:
        latents = gan.sample_latents(
            num, class_label=labels[0], truncation=truncation, key=key
        )
        latents = _for_each_class(latents, labels)
        cols = num
    else:
        latents = gan.sample_latents(num, truncation=truncation, key=key)
        cols = math.ceil(math.sqrt(num))
    images.write_png(out, images.grid(_generate(gan, latents, total), cols=cols))
    rows = ", ".join(gan.class_names[label] for label in labels)
    say(f"{out}: {total} images of {gan.name}" + (f", by row {rows}." if rows else "."))


def class_labels(gan: Gan, classes: tuple[str, ...]) -> list[int]:
    """Returns the labels of classes that are given by name, by label, or as "all".

    Raises:
        ValueError: If one does not exist; the message lists those that do.
    """
    if classes and not gan.num_classes:
        raise ValueError(f"{gan.name} has no classes. Leave --classes out.")
    if classes == ("all",):
        return list(range(gan.num_classes))
    return [_label(gan, name) for name in classes]


def _label(gan: Gan, name: str) -> int:
    if name in gan.class_names:
        return gan.class_names.index(name)
    if name.isdecimal() and int(name) < gan.num_classes:
        return int(name)
    rest = gan.num_classes - _MOST_NAMES
    more = f", … and {rest} more" if rest > 0 else ""
    raise ValueError(
        f"{gan.name} has no class {name!r}. Its classes, by label from 0, are "
        f"{', '.join(gan.class_names[:_MOST_NAMES])}{more}."
    )


def _for_each_class(latents: Any, labels: list[int]) -> Any:
    num = len(latents.class_label)
    repeated = jax.tree.map(lambda x: jnp.concatenate([x] * len(labels)), latents)
    return repeated._replace(class_label=jnp.repeat(jnp.array(labels, jnp.int32), num))


def _generate(gan: Gan, latents: Any, total: int) -> np.ndarray:
    forward = jax.jit(lambda gan, latents: gan.forward(gan.params, latents)[0])
    size = max(1, min(_MOST_BATCH, total, _BATCH_PIXELS // gan.resolution**2))
    batches = []
    for start in range(0, total, size):
        # The last batch repeats its last image, so that it is not compiled again.
        rows = np.minimum(np.arange(start, start + size), total - 1)
        batch = forward(gan, jax.tree.map(lambda x, rows=rows: x[rows], latents))
        batches.append(images.to_uint8(batch))
    return np.concatenate(batches)[:total]
