"""From a generator to a folder with the page of its tensor components."""

import json
import os
import pathlib
from collections.abc import Callable

import jax

from jgan import stats
from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.report.components.find import Found, find_components
from jgan.report.components.sections import (
    findings_section,
    leakage_numbers,
    leakage_section,
    sheets_section,
    spectra_section,
)
from jgan.report.page import INDEX, Files, Kind, facts_of, to_json, write_page
from jgan.typing import AttributeReader

COMPONENTS = Kind(
    name="components page",
    title="what changes style, and what geometry",
    lede="A layer of <em>$title</em> is decomposed along its units, rows and columns. "
    "This page shows what images change along each component, and whether other "
    "methods do better. Method: Tensor Component Analysis (Oldfield et al., 2021).",
    footer="Made by <code>jgan components</code> with seed $seed; all numbers are in "
    '<a href="components.json">components.json</a>.',
)


def write_components(
    gan: Gan,
    out_folder: str | os.PathLike[str],
    *,
    layer: str | None = None,
    reader: AttributeReader | None = None,
    num_images: int = 4000,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda doing, share: None,
) -> pathlib.Path:
    """Returns the ``index.html`` of the tensor components of a layer, it writes.

    The folder appears whole or not at all; one that holds such a page is replaced.

    Args:
        gan: Any generator.
        out_folder: Where. Its parent is made if needed.
        layer: Which; by default the last one of the fewest pixels, as in the paper.
        reader: Of attributes of such images. Without one, methods are not compared.
        num_images: For each pass over images.
        seed: The same one gives the same page.
        progress: Called at each step, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists and is neither empty nor such a page.
        ValueError: If the layer does not exist or has one pixel, there are too few
            images, or something is not finite.
    """
    out_folder = pathlib.Path(out_folder)
    COMPONENTS.check_replaceable(out_folder)
    layer = default_layer(gan) if layer is None else layer
    stats.check_layers(gan, (layer,))
    found = find_components(
        gan,
        layer,
        reader,
        num_images=num_images,
        progress=progress,
        key=jax.random.key(seed),
    )
    with whole_folder(out_folder) as scratch:
        files = Files(scratch)
        sections = [
            findings_section(gan, found),
            sheets_section(files, found),
            spectra_section(files, found),
        ]
        leakage = leakage_section(files, found)
        sections += [] if leakage is None else [leakage]
        _write_numbers(scratch / "components.json", gan, found, seed)
        facts = f"{facts_of(gan)} · layer {layer}"
        write_page(
            scratch, sections, kind=COMPONENTS, title=gan.name, facts=facts, seed=seed
        )
    progress("done", 1.0)
    return out_folder / INDEX


def default_layer(gan: Gan) -> str:
    """Returns the last layer of the fewest pixels, of those with more than one.

    Raises:
        ValueError: If all layers have one pixel.
    """
    pixels = {n: s.rows * s.cols for n, s in gan.layers.items() if s.rows * s.cols > 1}
    if not pixels:
        raise ValueError(
            f"No layer of {gan.name} has more than one pixel, so there are no modes."
        )
    fewest = min(pixels.values())
    return [name for name, count in pixels.items() if count == fewest][-1]


def _write_numbers(file: pathlib.Path, gan: Gan, found: Found, seed: int) -> None:
    decomposition = found.methods.decomposition
    value = {
        "model": gan.name,
        "family": gan.family,
        "resolution": gan.resolution,
        "layer": found.layer,
        "target": found.target,
        "num_images": found.num_images,
        "seed": seed,
        "ranks": decomposition.ranks,
        "spectra": decomposition.spectra,
        "r_squared": found.r_squared,
        "leakage": leakage_numbers(found),
    }
    text = json.dumps(to_json(value), indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
