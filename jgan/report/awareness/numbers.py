"""All that the page says, as JSON."""

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import awareness
from jgan.gan import Gan
from jgan.metrics import ClassPerformance
from jgan.report.awareness.edits import Edits, Sheet
from jgan.report.awareness.hybrids import LATER, SHARE, Hybrids
from jgan.report.awareness.parts import NUM_CLUSTERS, Parts
from jgan.report.awareness.structure import Structure
from jgan.report.page import to_json

# Tables of more classes hold those chosen only: of 1,000 they would take 100 MB.
_MOST_KEPT = 64


class Measured(NamedTuple):
    """How good each class is, and how that goes with its total awareness.

    Attributes:
        performance: Of each class.
        correlations: With each figure.
    """

    performance: ClassPerformance
    correlations: Mapping[str, awareness.Correlation]


def correlate_performance(
    total: Float[np.ndarray, " class"],
    performance: ClassPerformance,
    *,
    key: PRNGKeyArray,
) -> Measured:
    """Returns the correlation of total awareness with each figure of the classes."""
    figures = performance._asdict()
    keys = jax.random.split(key, len(figures))
    found = {
        name: awareness.correlate(total, values, key=one)
        for (name, values), one in zip(figures.items(), keys, strict=True)
    }
    return Measured(performance, found)


def structure_numbers(gan: Gan, found: Structure) -> dict[str, Any]:
    """Returns how classes share channels."""
    everything = gan.num_classes <= _MOST_KEPT
    kept = [*range(gan.num_classes)] if everything else [*found.chosen]
    return {
        "order": found.similarity.order,
        "neighbors": found.neighbors,
        "top_channels": found.top,
        "of_classes": kept,
        "correlation": found.similarity.correlation[np.ix_(kept, kept)],
        "layers": {
            name: {
                "rows": gan.layers[name].rows,
                "cols": gan.layers[name].cols,
                "awareness": values[kept],
                "contrast": found.contrast[name][kept],
            }
            for name, values in found.values.items()
        },
    }


def total_numbers(found: Structure, measured: Measured | None) -> dict[str, Any]:
    """Returns total awareness and how good the classes are."""
    return {
        "total_awareness": found.total,
        "performance": measured and measured.performance,
        "correlations": measured and measured.correlations,
    }


def edit_numbers(edits: Edits) -> dict[str, Any]:
    """Returns what editing channels does."""
    return {
        "layer": edits.layer,
        "classes": edits.chosen,
        "of_classes": [_sheet(one) for one in edits.of_classes],
        "alike": [_sheet(one) for one in edits.alike],
    }


def _sheet(one: Sheet) -> dict[str, Any]:
    return {name: x for name, x in one._asdict().items() if name != "images"}


def method_numbers(found: Structure) -> dict[str, Any]:
    """Returns what follows the class, and how far estimates are apart."""
    told = found.decomposition
    return {
        "decomposition": told
        and {
            name: one._asdict() | {"class_share": one.class_share}
            for name, one in told.items()
        },
        "gaps": found.gaps,
    }


def write_numbers(
    file: pathlib.Path,
    *,
    gan: Gan,
    found: Structure,
    edits: Edits,
    hybrids: Hybrids | None,
    parts: Parts,
    measured: Measured | None,
    seed: int,
) -> None:
    """Writes the file. What is no number, or infinite, is null."""
    value = {
        "model": gan.name,
        "family": gan.family,
        "resolution": gan.resolution,
        "estimator": found.estimator,
        "num_latents": found.num_latents,
        "seed": seed,
        "classes": gan.class_names,
        "chosen": found.chosen,
        **structure_numbers(gan, found),
        "edits": edit_numbers(edits),
        "hybrids": hybrids
        and {"layers": hybrids.layers, "share": SHARE, "later": LATER},
        "parts": {"clusters": NUM_CLUSTERS, "adjusted_rand_index": parts.agreement},
        **total_numbers(found, measured),
        **method_numbers(found),
    }
    text = json.dumps(to_json(value), indent=1, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")


def listed(names: Sequence[str]) -> str:
    """Returns names as a sentence has them."""
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
