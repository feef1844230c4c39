"""From two generators, before and after training, to a page of their groups."""

import json
import os
import pathlib
from collections.abc import Callable

import jax

from jgan import stats
from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.interpretable import Learned, Originals, check_partition
from jgan.metrics import Features
from jgan.report.interpretable.find import Found, find_interpretable
from jgan.report.interpretable.sections import (
    face_numbers,
    faces_section,
    findings_section,
    fineness_section,
    group_numbers,
    groups_section,
    summary_numbers,
    swaps_section,
)
from jgan.report.page import INDEX, Files, Kind, facts_of, to_json, write_page
from jgan.segment import FaceIdentity
from jgan.typing import Segmenter
from jgan.worlds import World

INTERPRETABLE = Kind(
    name="page of groups of units",
    title="which units stand for which concept",
    lede="The units of a layer of <em>$title</em> are partitioned by where they are "
    "active. This page shows the groups before and after training, and what changes "
    "when one is swapped between images. Method: Interpretable GAN (Li et al., 2022); "
    "its equations are not published, and these are jgan’s.",
    footer="Made by <code>jgan interpretable report</code> with seed $seed; all "
    'numbers are in <a href="interpretable.json">interpretable.json</a>.',
)


def write_interpretable(
    gan: Gan,
    before: Gan,
    out_folder: str | os.PathLike[str],
    *,
    layer: str,
    num_groups: int,
    learned: Learned | None = None,
    segmenter: Segmenter | None = None,
    features: Features | None = None,
    identity: FaceIdentity | None = None,
    world: World | None = None,
    num_images: int = 2000,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda doing, share: None,
) -> pathlib.Path:
    """Returns the ``index.html`` of the groups of a layer's units, which it writes.

    The folder appears whole or not at all; one that holds such a page is replaced.

    Args:
        gan: The generator.
        before: What it was made of; the same one for a generator as it is.
        out_folder: Where. Its parent is made if needed.
        layer: Whose units are partitioned.
        num_groups: Into how many groups.
        learned: Of the training, of that layer and as many groups, which are shown.
            None partitions the units, and has no energy model to check.
        segmenter: Tells what images show. Without one, groups have no names.
        features: What Fréchet distances are taken on. Without, there are none.
        identity: Tells persons apart, where `segmenter` tells the parts of their faces.
            Without, nobody is verified.
        world: Real images; None for those of `before`.
        num_images: For each distance.
        seed: The same one gives the same page.
        progress: Called at each step, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists and is neither empty nor such a page.
        ValueError: If a generator has no such layer, or too few units for the groups,
            or the partition is of other units, another layer or number of groups.
    """
    out_folder = pathlib.Path(out_folder)
    INTERPRETABLE.check_replaceable(out_folder)
    stats.check_layers(gan, (layer,))
    stats.check_layers(before, (layer,))
    if learned is not None:
        partition = learned.partition
        if (partition.layer, partition.num_groups) != (layer, num_groups):
            raise ValueError(
                f"The partition is of layer {partition.layer!r} into "
                f"{partition.num_groups} groups, and asked for are {layer!r} and "
                f"{num_groups}. Give those of the partition."
            )
        check_partition(gan, partition)
        check_partition(before, partition)
    found = find_interpretable(
        gan,
        before,
        layer,
        num_groups=num_groups,
        learned=learned,
        segmenter=segmenter,
        features=features,
        identity=identity,
        world=Originals(before) if world is None else world,
        num_images=num_images,
        progress=progress,
        key=jax.random.key(seed),
    )
    with whole_folder(out_folder) as scratch:
        files = Files(scratch)
        sections = [
            findings_section(gan, found),
            groups_section(files, found),
            swaps_section(files, found),
            *fineness_section(found),
            *faces_section(found),
        ]
        _write_numbers(scratch / "interpretable.json", gan, before, found, seed)
        write_page(
            scratch,
            sections,
            kind=INTERPRETABLE,
            title=gan.name,
            facts=facts_of(gan),
            seed=seed,
        )
    progress("done", 1.0)
    return out_folder / INDEX


def _write_numbers(
    file: pathlib.Path, gan: Gan, before: Gan, found: Found, seed: int
) -> None:
    value = {
        "model": gan.name,
        "made_of": before.name,
        "layer": found.layer,
        "partition_given": found.given,
        "seed": seed,
        "num_dead": found.partition.num_dead,
        "compared_with": found.compared_with,
        "before": summary_numbers(found.before),
        "after": summary_numbers(found.after),
        "pair_distances": found.distances,
        "energy_gap": found.energy_gap and found.energy_gap._asdict(),
        "fineness": [one._asdict() for one in found.fineness],
        "faces": face_numbers(found),
        "groups": group_numbers(found),
    }
    text = json.dumps(to_json(value), indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
