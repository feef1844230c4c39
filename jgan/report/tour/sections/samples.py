"""What the generator makes."""

import html

import numpy as np
from jaxtyping import UInt8

from jgan.gan import Gan
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, loading, try_it
from jgan.report.shown_classes import class_name, shown_note

_PER_ROW = 8


def samples_section(
    files: Files,
    gan: Gan,
    images: UInt8[np.ndarray, "image row col 3"],
    shown: tuple[int, ...],
    *,
    seed: int,
) -> Section:
    """Returns the section with samples, one row for each class.

    Args:
        files: Where pictures go.
        gan: The generator.
        images: The same number for each class, class by class.
        shown: Labels of the classes.
        seed: Of the tour.
    """
    if shown:
        body = _by_class(files, gan, images, shown)
    else:
        picture = strip([tile(image) for image in images], cols=_PER_ROW)
        body = (
            "<p>Images from independent random vectors. They show what the generator "
            "has learned to make, and how much that varies.</p>"
            + files.picture("samples", picture, alt=f"{len(images)} samples")
        )
    numbers = {
        "name": gan.name,
        "family": gan.family,
        "resolution": gan.resolution,
        "seed": seed,
        "class_names": gan.class_names,
        "classes_shown": shown,
        "mean_color": [
            images[:, :, :, c].mean(dtype=np.float64) / 127.5 - 1 for c in range(3)
        ],
    }
    label = f"class_label={shown[0]}, " if shown else ""
    code = f"""
import jax, jgan
{loading(gan)}
latents = gan.sample_latents(8, {label}key=jax.random.key(0))
images, taps = jax.jit(gan.forward)(gan.params, latents)
"""
    return Section(
        "samples", "Samples", body + files.numbers("samples", numbers) + try_it(code)
    )


def _by_class(files, gan, images, shown) -> str:
    per_class = len(images) // len(shown)
    rows = []
    for row, label in enumerate(shown):
        name = class_name(gan, label)
        some = images[row * per_class : (row + 1) * per_class][:_PER_ROW]
        picture = strip([tile(image) for image in some], cols=_PER_ROW)
        element = files.picture(f"samples-{label}", picture, alt=f"Samples of {name}")
        rows.append(f'<div class="row"><span>{html.escape(name)}</span>{element}</div>')
    return (
        "<p>Each row is a class and each column one random vector. What stays the same "
        "down a column comes from the vector, what changes comes from the class.</p>"
        f'{shown_note(gan, shown)}<div class="rows">{"".join(rows)}</div>'
    )
