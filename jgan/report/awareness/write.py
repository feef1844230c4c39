"""From a generator to a folder with the page of its channel awareness."""

import os
import pathlib
from collections.abc import Callable, Sequence

import jax

from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.metrics import ClassPerformance
from jgan.report.awareness import sections
from jgan.report.awareness.choose import (
    Estimator,
    check_classes,
    choose_classes,
    choose_estimator,
    edited_layer,
)
from jgan.report.awareness.edits import edit_channels
from jgan.report.awareness.hybrids import mix_classes
from jgan.report.awareness.numbers import correlate_performance, write_numbers
from jgan.report.awareness.parts import cut_images
from jgan.report.awareness.structure import compare_classes
from jgan.report.page import INDEX, Files, Kind, facts_of, write_page

AWARENESS = Kind(
    name="channel awareness page",
    title="what its channels mean to its classes",
    lede="A class-conditional generator draws every class with the same channels, in "
    "different amounts. This page shows which channels of <em>$title</em> serve which "
    "class, and what they mean, by changing them. Method: channel awareness (He et "
    "al., 2022).",
    footer="Made by <code>jgan awareness</code> with seed $seed; all numbers are in "
    '<a href="awareness.json">awareness.json</a>.',
)
# Shares of the time, measured on `scenes64` with two cores.
_COMPARED, _EDITED, _DRAWN, _MEASURED = 0.15, 0.65, 0.75, 0.98

Progress = Callable[[str, float], None]


def write_awareness(
    gan: Gan,
    out_folder: str | os.PathLike[str],
    *,
    classes: Sequence[str] = (),
    estimator: Estimator | str = "auto",
    num_latents: int = 64,
    performance: Callable[[], ClassPerformance] | None = None,
    seed: int = 0,
    progress: Progress = lambda doing, share: None,
) -> pathlib.Path:
    """Returns the ``index.html`` of the channel awareness of a generator, it writes.

    The folder appears whole or not at all; one that holds such a page is replaced.

    Args:
        gan: A generator with classes.
        out_folder: Where. Its parent is made if needed.
        classes: Names or labels of 2 to 8 classes to show one by one; by default at
            even distances. Similarities and totals are always of all classes.
        estimator: Of awareness, as `jgan.awareness.channel_awareness` has it, or
            ``"auto"``: analytic, or empirical where no layer is class-conditional.
        num_latents: For each class, to estimate awareness.
        performance: Measures how good each class is, for instance by
            `jgan.metrics.scenes_performance`; called when it is its turn. None where
            there are no real images to compare with.
        seed: The same one gives the same page.
        progress: Called at each step, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists and is neither empty nor such a page.
        ValueError: If the generator has fewer than two classes, or fewer than three to
            correlate `performance` over, a class or estimator does not exist or fit,
            `num_latents` is not positive, no channel tells the classes, or one of
            them, apart, or an activation is not finite.
    """
    out_folder = pathlib.Path(out_folder)
    AWARENESS.check_replaceable(out_folder)
    check_classes(gan)
    chosen = choose_classes(gan, classes)
    used = choose_estimator(gan, estimator)
    if num_latents < 1:
        raise ValueError(f"num_latents is {num_latents}; awareness takes at least 1.")
    if performance is not None and gan.num_classes < 3:
        raise ValueError(
            f"{gan.name} has {gan.num_classes} classes, and a correlation with "
            "performance takes at least 3. Leave performance out."
        )
    with whole_folder(out_folder) as scratch:
        _write(gan, scratch, chosen, used, num_latents, performance, seed, progress)
    return out_folder / INDEX


def _write(
    gan: Gan,
    folder: pathlib.Path,
    chosen: tuple[int, ...],
    estimator: Estimator,
    num_latents: int,
    performance: Callable[[], ClassPerformance] | None,
    seed: int,
    progress: Progress,
) -> None:
    keys = iter(jax.random.split(jax.random.key(seed), 6))
    progress("comparing classes", 0.0)
    found = compare_classes(
        gan, chosen, estimator=estimator, num_latents=num_latents, key=next(keys)
    )
    draw = lambda key: gan.sample_latents(
        len(chosen), class_label=jax.numpy.asarray(chosen), key=key
    )
    latents, references = draw(next(keys)), draw(next(keys))
    layer = edited_layer(gan, [*found.values])
    edits = edit_channels(
        gan,
        chosen,
        layer,
        latents,
        progress=lambda done: progress(
            "editing channels", _COMPARED + done * (_EDITED - _COMPARED)
        ),
        key=next(keys),
    )
    progress("mixing classes and cutting images", _EDITED)
    hybrids = None
    if gan.conditional_layers and layer in gan.conditional_layers:
        hybrids = mix_classes(gan, chosen, layer, found.values, latents, references)
    parts = cut_images(gan, found.values, latents, key=next(keys))
    measured, key = None, next(keys)
    if performance is not None:
        progress("measuring classes", _DRAWN)
        measured = correlate_performance(found.total, performance(), key=key)
    progress("writing the page", _MEASURED)
    files = Files(folder)
    shown = [
        sections.findings_section(gan, found, edits, measured),
        sections.edits_section(files, gan, edits),
    ]
    if hybrids is not None:
        shown.append(sections.hybrids_section(files, gan, chosen, hybrids))
    shown += [
        sections.classes_section(files, gan, found),
        sections.parts_section(files, gan, chosen, parts),
        sections.totals_section(files, gan, found, measured),
        sections.method_section(files, gan, found),
    ]
    write_numbers(
        folder / "awareness.json",
        gan=gan,
        found=found,
        edits=edits,
        hybrids=hybrids,
        parts=parts,
        measured=measured,
        seed=seed,
    )
    write_page(
        folder, shown, kind=AWARENESS, title=gan.name, facts=facts_of(gan), seed=seed
    )
    progress("done", 1.0)
