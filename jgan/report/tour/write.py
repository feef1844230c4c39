"""From a generator to a folder with its tour."""

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import stats
from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.report.batch_size import images_that_fit
from jgan.report.page import INDEX, Files, Kind, Section, facts_of, write_page
from jgan.report.shown_classes import spread_classes
from jgan.report.tour import sections
from jgan.report.tour.ablate import ablate_units
from jgan.report.tour.classes import (
    Classes,
    analytic_classes,
    measured_classes,
    paired_latents,
)
from jgan.report.tour.measure import (
    IMAGES_PER_UNIT,
    UNITS_PER_LIST,
    LayerUnits,
    layer_row,
    layer_units,
)
from jgan.report.tour.observe import observe, unit_maps

TOUR = Kind(
    name="tour",
    title="a tour of its units",
    lede="A generator turns a vector of random numbers into an image, layer by layer. "
    "Each layer is a stack of maps, and each map is written by one <em>unit</em>. This "
    "page shows what the units of <em>$title</em> respond to, and proves what they do "
    "by switching them off.",
    footer="Made by <code>jgan tour</code> with seed $seed. The same seed makes the "
    "same page. Under every picture, <em>numbers</em> leads to the JSON file behind "
    "it.",
)
_SAMPLES, _SAMPLES_PER_CLASS = 32, 8
# Twice as many where class means are measured: their error falls with the root.
_MEASURED_PER_CLASS = 16
_STRONGEST = 4
_MOST_CLASSES = 10
_UNITS_PER_MAP = max(2 * UNITS_PER_LIST, _MOST_CLASSES)


# Is told what is being done, and the share of the whole that is done.
Progress = Callable[[str, float], None]


def write_tour(
    gan: Gan,
    out_folder: str | os.PathLike[str],
    *,
    num_images: int = 128,
    seed: int = 0,
    progress: Progress | None = None,
) -> pathlib.Path:
    """Returns the ``index.html`` of a tour of a generator, which it writes.

    The folder appears whole or not at all. One that holds a tour is replaced.

    Args:
        gan: The generator.
        out_folder: Where. Its parent is made if needed.
        num_images: Images to watch the units on.
        seed: The same one gives the same tour.
        progress: Called often, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists, and is neither empty nor a tour.
        ValueError: If an activation is not finite, or `num_images` not positive.
    """
    out_folder = pathlib.Path(out_folder)
    TOUR.check_replaceable(out_folder)
    if num_images < 1:
        raise ValueError(f"num_images is {num_images}; a tour takes at least 1.")
    with whole_folder(out_folder) as scratch:
        _write(gan, scratch, num_images, seed, progress or _silent)
    return out_folder / INDEX


def _silent(description: str, fraction: float) -> None:
    del description, fraction


def _write(
    gan: Gan, folder: pathlib.Path, num_images: int, seed: int, progress: Progress
) -> None:
    files = Files(folder)
    pair_key, key, awareness_key = jax.random.split(jax.random.key(seed), 3)
    shown = spread_classes(gan.num_classes, at_most=_MOST_CLASSES)
    batch = images_that_fit(gan)
    stage = lambda text, start, end: (
        lambda done: progress(text, start + done * (end - start))
    )
    parts: list[Section] = []

    progress("making samples", 0.0)
    paired = paired_latents(gan, shown, _num_paired(gan), key=pair_key)
    samples = observe(
        gan, paired, batch_size=batch, progress=stage("making samples", 0.0, 0.1)
    )
    parts.append(sections.samples_section(files, gan, samples.images, shown, seed=seed))

    empty = {
        name: {"units": stats.zero_statistics(layer.units)}
        for name, layer in gan.layers.items()
    }
    collected = stats.collect(
        gan,
        empty,
        num_images=num_images,
        batch_size=batch,
        key=key,
        progress=stage("measuring units", 0.1, 0.16),
    )
    statistics = {name: found["units"] for name, found in collected.items()}
    latents = gan.sample_latents(num_images, key=key)
    seen = observe(
        gan, latents, batch_size=batch, progress=stage("watching units", 0.16, 0.22)
    )
    units = {n: layer_units(statistics[n], seen.strengths[n]) for n in gan.layers}
    maps = unit_maps(
        gan,
        latents,
        _wanted_of_units(units),
        units_per_layer=_UNITS_PER_MAP,
        batch_size=batch,
        progress=stage("drawing units", 0.22, 0.28),
    )
    parts.append(sections.units_section(files, gan, units, seen.images, maps))
    del maps

    progress("comparing classes", 0.3)
    parts.append(_classes(files, gan, shown, paired, samples, batch, awareness_key))

    effects = ablate_units(
        gan,
        latents,
        {name: found.by_activity for name, found in units.items()},
        num_strongest=_STRONGEST,
        progress=lambda layer, done: progress(
            f"switching off units of {layer}", 0.35 + 0.6 * done
        ),
    )
    progress("writing the page", 0.95)
    parts.append(sections.ablations_section(files, gan, effects))
    rows = [layer_row(gan, n, statistics[n], effects[n]) for n in gan.layers]
    parts.append(
        sections.layers_section(files, gan, rows, effects, num_images=num_images)
    )
    write_page(folder, parts, kind=TOUR, title=gan.name, facts=facts_of(gan), seed=seed)
    progress("done", 1.0)


def _num_paired(gan: Gan) -> int:
    if not gan.num_classes:
        return _SAMPLES
    return _SAMPLES_PER_CLASS if gan.conditional_layers else _MEASURED_PER_CLASS


def _classes(
    files: Files,
    gan: Gan,
    shown: tuple[int, ...],
    paired: Any,
    samples,
    batch: int,
    key: PRNGKeyArray,
) -> Section:
    if len(shown) < 2:
        return sections.no_classes_section(gan.num_classes)
    if gan.conditional_layers:
        classes = analytic_classes(gan, shown, key=key)
    else:
        classes = measured_classes(samples.means, shown)
    maps = unit_maps(
        gan,
        paired,
        _wanted_of_classes(classes, samples.strengths),
        units_per_layer=_UNITS_PER_MAP,
        batch_size=batch,
    )
    return sections.classes_section(files, gan, classes, samples.images, maps)


def _wanted_of_units(
    units: Mapping[str, LayerUnits],
) -> dict[str, list[tuple[int, int]]]:
    return {
        name: [
            (unit.unit, image)
            for unit in found.most_active + found.most_variable
            for image in unit.images
        ]
        for name, found in units.items()
    }


def _wanted_of_classes(
    classes: Classes, strengths: Mapping[str, Float[np.ndarray, "image _unit"]]
) -> dict[str, list[tuple[int, int]]]:
    wanted: dict[str, list[tuple[int, int]]] = {}
    for top in classes.top:
        by_class = strengths[top.layer][:, top.unit].reshape(len(classes.shown), -1)
        row = classes.shown.index(top.class_label)
        best = np.argsort(-by_class[row], kind="stable")[:IMAGES_PER_UNIT]
        first = row * by_class.shape[1]
        pairs = [(top.unit, first + int(i)) for i in best]
        wanted.setdefault(top.layer, []).extend(pairs)
    return wanted
