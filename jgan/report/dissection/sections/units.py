"""The units of each layer with the concepts they overlap with."""

import html

import numpy as np

from jgan.dissect import LayerDissection
from jgan.gan import Gan
from jgan.report.dissection.pictures import unit_strips
from jgan.report.dissection.units import Units, best_layer
from jgan.report.page import Files, Section, card, fold

_UNITS, _IMAGES = 12, 4


def units_section(files: Files, gan: Gan, found: Units) -> Section:
    """Returns the section with the units of highest IoU of each layer."""
    open_layer = best_layer(found.layers)
    parts = []
    for layer, one in found.layers.items():
        order = np.argsort(-one.best_ious, kind="stable")[:_UNITS].tolist()
        strips = unit_strips(
            gan,
            layer,
            {unit: _top(one, unit) for unit in order},
            found.thresholds[layer],
            key=found.key,
        )
        cards = "".join(_card(files, one, unit, strips[unit]) for unit in order)
        detail = f"{len(order)} of {len(one.named):,} units, {one.named.sum():,} named"
        parts.append(
            fold(
                layer,
                detail,
                f'<div class="cards">{cards}</div>',
                is_open=layer == open_layer,
            )
        )
    body = (
        "<p>Units by their overlap with a concept, highest first. For each, the images "
        "it is strongest in, lit where it is above its threshold; the outline is the "
        "mask that is compared with the segmentation.</p>"
        '<p class="note">IoU: pixels that both the unit and the concept have, over '
        "those that either has. IQR: information quality ratio, what one tells about "
        "the other.</p>" + "".join(parts)
    )
    return Section("units", "Units and their concepts", body)


def _top(one: LayerDissection, unit: int) -> list[int]:
    # Fewer images than places leave numbers of -1.
    numbers = np.asarray(one.top.numbers[unit]).tolist()
    return [number for number in numbers if number >= 0][:_IMAGES]


def _card(files: Files, one: LayerDissection, unit: int, picture: np.ndarray) -> str:
    concept = one.concepts[one.best_concepts[unit]]
    quality = one.overlap.information_quality()[unit, one.best_concepts[unit]]
    name = html.escape(concept) if one.named[unit] else "no name"
    shown = files.picture(
        f"{one.layer}-unit{unit}",
        picture,
        alt=f"Where unit {unit} of {one.layer} is active in its strongest images",
    )
    detail = f"IoU with {html.escape(concept)} {one.best_ious[unit]:.2f}"
    return card(f"unit {unit} · {name}", f"{detail} · IQR {quality:.2f}", shown)
