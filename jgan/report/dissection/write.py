"""From a generator to a folder with its dissection."""

import dataclasses
import os
import pathlib
import shutil
from collections.abc import Sequence
from typing import get_args

import jax
from jaxtyping import PRNGKeyArray

from jgan import dissect, stats
from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.report.dissection import sections
from jgan.report.dissection.causes import ConceptCauses, concept_causes
from jgan.report.dissection.numbers import write_numbers
from jgan.report.dissection.partial import (
    check_partial,
    partial_folder,
    passes_kept,
)
from jgan.report.dissection.units import (
    Method,
    Progress,
    Units,
    best_concepts,
    best_layer,
    find_units,
)
from jgan.report.page import INDEX, Files, Kind, facts_of, write_page
from jgan.segment import Segmenter

DISSECTION = Kind(
    name="dissection",
    title="its units and what they cause",
    lede="A unit of <em>$title</em> that lights up on a concept may draw it, or may "
    "only like its company. This page names the units by what they overlap with, and "
    "then turns them off and sets them, to see what they cause. Method: GAN Dissection "
    "(Bau et al., 2019).",
    footer="Made by <code>jgan dissect</code> with seed $seed; all numbers are in "
    '<a href="dissection.json">dissection.json</a>.',
)
_MOST_CONCEPTS = 4
# Shares of the time, measured on `scenes64` with two cores and 1,000 images when 128
# were searched for places; with 512, causes take somewhat more.
_UNITS_END, _CONTROL_END, _CAUSES_END = 0.25, 0.5, 0.95


def write_dissection(
    gan: Gan,
    out_folder: str | os.PathLike[str],
    *,
    segmenter: Segmenter,
    layers: Sequence[str] = (),
    method: Method = "quantile",
    num_images: int = 1000,
    seed: int = 0,
    resume: bool = False,
    progress: Progress = lambda doing, share: None,
) -> pathlib.Path:
    """Returns the ``index.html`` of a dissection of a generator, which it writes.

    The folder appears whole or not at all; one that holds a dissection is replaced.
    Until then, passes that are done are kept in a folder of that name with
    ``.partial`` after it.

    Args:
        gan: The generator.
        out_folder: Where. Its parent is made if needed.
        segmenter: Tells what pixels show. With `scores` too, units are also ordered by
            the effect they cause, where images show the concept and have room for it.
        layers: Which to look at; all by default.
        method: How thresholds are found: ``"quantile"``, above which are 0.5 % of the
            pixels, or ``"iqr"``, which tells most about some concept.
        num_images: For thresholds, again for units and concepts, and at most as many to
            see what units cause.
        seed: The same one gives the same page.
        resume: Go on with passes that were interrupted.
        progress: Called often, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists and is neither empty nor a dissection,
            or there are interrupted passes and `resume` is not set.
        ValueError: If a layer or method does not exist, there are fewer than 2 images,
            the segmenter does not keep its contract, an activation is not finite, or
            the passes to go on with were begun with other settings.
    """
    out_folder = pathlib.Path(out_folder)
    DISSECTION.check_replaceable(out_folder)
    chosen = tuple(layers) or tuple(gan.layers)
    stats.check_layers(gan, chosen)
    if method not in get_args(Method):
        raise ValueError(
            f"method is {method!r}; thresholds are found by one of {get_args(Method)}."
        )
    if num_images < 2:
        raise ValueError(f"num_images is {num_images}; a dissection takes at least 2.")
    partial = partial_folder(out_folder)
    settings = {
        "layers": [*chosen],
        "thresholds": method,
        "num_images": num_images,
        "seed": seed,
    }
    check_partial(partial, settings, resume=resume)
    with whole_folder(out_folder) as scratch, passes_kept(partial, settings):
        _write(
            gan,
            scratch,
            segmenter,
            chosen,
            method,
            num_images,
            seed,
            partial,
            progress,
        )
    shutil.rmtree(partial, ignore_errors=True)
    return out_folder / INDEX


def _write(
    gan: Gan,
    folder: pathlib.Path,
    segmenter: Segmenter,
    layers: Sequence[str],
    method: Method,
    num_images: int,
    seed: int,
    partial: pathlib.Path,
    progress: Progress,
) -> None:
    key, shuffle_key, causes_key = jax.random.split(jax.random.key(seed), 3)
    stage = lambda prefix, start, end: (
        lambda doing, share: progress(prefix + doing, start + share * (end - start))
    )
    find = lambda gan, name, report: find_units(
        gan,
        layers,
        segmenter=segmenter,
        method=method,
        num_images=num_images,
        resume=partial / name,
        progress=report,
        key=key,
    )
    found = find(gan, "generator", stage("", 0.0, _UNITS_END))
    shuffled = dissect.randomized(gan, key=shuffle_key)
    # Of the same name, by which the same programs serve both.
    shuffled = dataclasses.replace(shuffled, name=gan.name)
    control = find(shuffled, "control", stage("control: ", _UNITS_END, _CONTROL_END))
    told = _causes(
        gan,
        found,
        segmenter,
        num_images=num_images,
        progress=stage("", _CONTROL_END, _CAUSES_END),
        key=causes_key,
    )
    progress("writing the page", _CAUSES_END)
    files = Files(folder)
    parts = [
        sections.layers_section(files, gan, found.layers, control.layers, segmenter),
        sections.units_section(files, gan, found),
    ]
    if told:
        parts.append(sections.causes_section(files, told))
    if any(one.context is not None for one in told):
        concepts = tuple(segmenter.concepts)
        parts.append(sections.contexts_section(files, told, concepts))
    write_numbers(
        folder / "dissection.json",
        gan=gan,
        found=found,
        control=control,
        causes=told,
        about={"num_images": num_images, "thresholds": method, "seed": seed},
    )
    write_page(
        folder, parts, kind=DISSECTION, title=gan.name, facts=facts_of(gan), seed=seed
    )
    progress("done", 1.0)


def _causes(
    gan: Gan,
    found: Units,
    segmenter: Segmenter,
    *,
    num_images: int,
    progress: Progress,
    key: PRNGKeyArray,
) -> list[ConceptCauses]:
    one = found.layers[best_layer(found.layers)]
    concepts = best_concepts(one, _MOST_CONCEPTS)
    return [
        concept_causes(
            gan,
            one,
            concept,
            segmenter=segmenter,
            num_images=num_images,
            progress=lambda doing, share, place=place: progress(
                doing, (place + share) / len(concepts)
            ),
            key=jax.random.fold_in(key, place),
        )
        for place, concept in enumerate(concepts)
    ]
