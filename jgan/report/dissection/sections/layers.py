"""Which concepts each layer names."""

import html
from collections.abc import Mapping

import numpy as np

from jgan.dissect import LayerDissection
from jgan.gan import Gan
from jgan.report.chart import bar, heat_cell
from jgan.report.page import Files, Section, try_it

_HEADS = ("layer", "map", "units", "named", "in the control", "by chance", "concepts")


def layers_section(
    files: Files,
    gan: Gan,
    layers: Mapping[str, LayerDissection],
    control: Mapping[str, LayerDissection],
) -> Section:
    """Returns the section that compares the layers, first to last."""
    counts = {name: _units_per_concept(one) for name, one in layers.items()}
    lines = "".join(
        _line(gan, one, control[name], counts[name]) for name, one in layers.items()
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    layer = list(layers)[len(layers) // 2]
    numbers = {
        name: {
            "units": len(one.named),
            "named": one.named.sum(),
            "named_in_control": control[name].named.sum(),
            "named_by_chance": one.chance_rate,
            "units_per_concept": counts[name],
        }
        for name, one in layers.items()
    }
    code = f"""
import jax, jgan
from jgan import dissect
gan = jgan.load({gan.name!r})
images = lambda seed: dissect.Sample(
    num_images=96, batch_size=16, key=jax.random.key(seed)
)
thresholds = dissect.quantile_thresholds(gan, [{layer!r}], sample=images(1))
layers = dissect.dissect(gan, thresholds, segmenter=segmenter, sample=images(2))
layers[{layer!r}].best_concepts[layers[{layer!r}].named]
"""
    body = (
        "<p>A unit gets the name of the concept it overlaps with most, if it does so "
        "at all: intersection over union above 0.05, and an information quality ratio "
        "above 0.01. The control is the same network with the entries of every weight "
        "array shuffled, which has learned nothing; <em>by chance</em>, units are "
        "compared with the segmentations of other images.</p>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}'
        "</tbody></table></div>"
        f"<h3>Units per concept</h3>{_matrix(layers, counts)}"
        f"{files.numbers('layers', numbers)}{try_it(code)}"
    )
    return Section("layers", "Concepts per layer", body)


def _units_per_concept(one: LayerDissection) -> dict[str, int]:
    found = np.bincount(one.best_concepts[one.named], minlength=len(one.concepts))
    return dict(zip(one.concepts, found.tolist(), strict=True))


def _line(
    gan: Gan, one: LayerDissection, control: LayerDissection, counts: dict[str, int]
) -> str:
    size = gan.layers[one.layer]
    named, unlearned = int(one.named.sum()), int(control.named.sum())
    cells = [
        f'<th scope="row">{html.escape(one.layer)}</th>',
        f"<td>{size.rows} × {size.cols}</td>",
        f"<td>{size.units:,}</td>",
        bar(named / size.units, f"{named:,}"),
        bar(unlearned / size.units, f"{unlearned:,}"),
        bar(one.chance_rate, f"{one.chance_rate:.0%}"),
        f"<td>{sum(count > 0 for count in counts.values())}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _matrix(
    layers: Mapping[str, LayerDissection], counts: Mapping[str, dict[str, int]]
) -> str:
    concepts = [
        concept
        for concept in next(iter(layers.values())).concepts
        if any(found[concept] for found in counts.values())
    ]
    if not concepts:
        return '<p class="note">No unit is named.</p>'
    most = max(found[concept] for found in counts.values() for concept in concepts)
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in concepts)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(layer)}</th>'
        + "".join(
            heat_cell(found[concept], most, text=str(found[concept] or ""), title="")
            for concept in concepts
        )
        + "</tr>"
        for layer, found in counts.items()
    )
    return (
        f'<div class="scroll"><table class="map"><thead><tr><td></td>{heads}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )
