"""From an EigenGAN to a folder with the page of its dimensions."""

import json
import os
import pathlib
from collections.abc import Callable

import jax

from jgan.eigengan import config_of
from jgan.files import whole_folder
from jgan.gan import Gan
from jgan.report.eigengan.find import Found, find_eigengan
from jgan.report.eigengan.sections import (
    attribute_numbers,
    attributes_section,
    dimension_numbers,
    dimensions_section,
    findings_section,
    layers_section,
)
from jgan.report.page import INDEX, Files, Kind, facts_of, to_json, write_page
from jgan.typing import AttributeReader

EIGENGAN = Kind(
    name="page of an EigenGAN",
    title="its dimensions, layer by layer",
    lede="Every layer of <em>$title</em> carries a few orthogonal dimensions. This "
    "page walks along each, and measures what it and its layer change. Method: "
    "EigenGAN (He, Kan &amp; Shan, 2021).",
    footer="Made by <code>jgan eigengan</code> with seed $seed; all numbers are in "
    '<a href="eigengan.json">eigengan.json</a>.',
)


def write_eigengan(
    gan: Gan,
    out_folder: str | os.PathLike[str],
    *,
    reader: AttributeReader | None = None,
    num_images: int = 4000,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda doing, share: None,
) -> pathlib.Path:
    """Returns the ``index.html`` of an EigenGAN's dimensions, which it writes.

    The folder appears whole or not at all; one that holds such a page is replaced.

    Args:
        gan: An EigenGAN.
        out_folder: Where. Its parent is made if needed.
        reader: Of attributes of such images. Without one, only pixels are compared.
        num_images: That attributes are read of; rounded up to whole batches.
        seed: The same one gives the same page.
        progress: Called at each step, for a progress bar.

    Raises:
        FileExistsError: If `out_folder` exists and is neither empty nor such a page.
        ValueError: If the generator is no EigenGAN, or there are too few images.
    """
    out_folder = pathlib.Path(out_folder)
    EIGENGAN.check_replaceable(out_folder)
    config_of(gan)
    found = find_eigengan(
        gan, reader, num_images=num_images, progress=progress, key=jax.random.key(seed)
    )
    with whole_folder(out_folder) as scratch:
        files = Files(scratch)
        sections = [
            findings_section(gan, found),
            layers_section(files, found),
            dimensions_section(files, found),
        ]
        attributes = attributes_section(files, found)
        sections += [] if attributes is None else [attributes]
        _write_numbers(scratch / "eigengan.json", gan, found, seed)
        write_page(
            scratch,
            sections,
            kind=EIGENGAN,
            title=gan.name,
            facts=facts_of(gan),
            seed=seed,
        )
    progress("done", 1.0)
    return out_folder / INDEX


def _write_numbers(file: pathlib.Path, gan: Gan, found: Found, seed: int) -> None:
    value = {
        "model": gan.name,
        "resolution": gan.resolution,
        "seed": seed,
        "num_images": found.num_images,
        "dimensions": dimension_numbers(found),
        "layer_effects": found.effects.layers[:, 0],
        "noise_effect": found.effects.noise[0],
        "attributes": attribute_numbers(found),
    }
    text = json.dumps(to_json(value), indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
