"""All that a dissection found, as JSON."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jgan.dissect import LayerDissection
from jgan.gan import Gan
from jgan.report.dissection.causes import ConceptCauses
from jgan.report.dissection.units import Units
from jgan.report.page import to_json


def write_numbers(
    file: pathlib.Path,
    *,
    gan: Gan,
    found: Units,
    control: Units,
    causes: Sequence[ConceptCauses],
    about: Mapping[str, Any],
) -> None:
    """Writes the file. What is no number, or infinite, is null."""
    value = {
        "model": gan.name,
        "family": gan.family,
        "resolution": gan.resolution,
        **about,
        "concepts": next(iter(found.layers.values())).concepts,
        "layers": {
            name: _layer(gan, name, found, control.layers[name])
            for name in found.layers
        },
        "causes": [_causes(one) for one in causes],
    }
    text = json.dumps(to_json(value), indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")


def _layer(
    gan: Gan, name: str, found: Units, control: LayerDissection
) -> dict[str, Any]:
    one, size = found.layers[name], gan.layers[name]
    best, quality = one.best_concepts, one.overlap.information_quality()
    units = np.arange(size.units)
    return {
        "rows": size.rows,
        "cols": size.cols,
        "named": int(one.named.sum()),
        "named_by_chance": one.chance_rate,
        "named_in_control": int(control.named.sum()),
        "units": [
            {
                "unit": unit,
                "threshold": float(found.thresholds[name][unit]),
                "concept": one.concepts[best[unit]],
                "named": bool(one.named[unit]),
                "iou": float(one.best_ious[unit]),
                "information_quality": float(quality[unit, best[unit]]),
                "top_images": _shown(one.top.numbers[unit]),
            }
            for unit in units.tolist()
        ],
        "iou": one.iou,
    }


def _shown(numbers: Any) -> list[int]:
    return [number for number in np.asarray(numbers).tolist() if number >= 0]


def _causes(one: ConceptCauses) -> dict[str, Any]:
    return {
        "concept": one.concept,
        "layer": one.layer,
        "units": one.units,
        "effect": one.effect,
        "curves": {
            order: {
                "units_off": curve.counts,
                "removed": curve.removed,
                "others_changed": curve.disturbed,
            }
            for order, curve in one.curves.items()
        },
        "insertion": one.context,
    }
