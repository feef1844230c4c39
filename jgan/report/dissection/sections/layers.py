"""Which concepts each layer names."""

import collections
import html
from collections.abc import Mapping, Sequence

from jgan.dissect import LayerDissection, LayerRow, compare_layers
from jgan.gan import Gan
from jgan.report.chart import bar, heat_cell
from jgan.report.page import Files, Section, loading, try_it
from jgan.segment import FaceParts, SceneNetwork, Segmenter

_HEADS = ("layer", "map", "units", "named", "in the control", "by chance", "concepts")


def layers_section(
    files: Files,
    gan: Gan,
    layers: Mapping[str, LayerDissection],
    control: Mapping[str, LayerDissection],
    segmenter: Segmenter,
) -> Section:
    """Returns the section that compares the layers, first to last."""
    rows = compare_layers(layers)
    unlearned = {row.layer: row.named for row in compare_layers(control)}
    lines = "".join(_line(gan, row, unlearned[row.layer]) for row in rows)
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    layer = list(layers)[len(layers) // 2]
    numbers = {
        row.layer: {
            "units": row.units,
            "named": row.named,
            "named_in_control": unlearned[row.layer],
            "named_by_chance": row.chance,
            "units_per_concept": row.units_per_concept,
        }
        for row in rows
    }
    code = f"""
import jax, jgan
from jgan import dissect, segment, zoo
{loading(gan)}
{_loading(segmenter)}
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
        f"<h3>Units per concept</h3>{_matrix(rows)}"
        f"{files.numbers('layers', numbers)}{try_it(code)}"
    )
    return Section("layers", "Concepts per layer", body)


def _loading(segmenter: Segmenter) -> str:
    if isinstance(segmenter, SceneNetwork):
        return "segmenter = segment.scenes_network()"
    if isinstance(segmenter, FaceParts):
        return "segmenter = zoo.face_parts()"
    return "# segmenter: the one that you gave to write_dissection"


def _line(gan: Gan, row: LayerRow, unlearned: int) -> str:
    size = gan.layers[row.layer]
    cells = [
        f'<th scope="row">{html.escape(row.layer)}</th>',
        f"<td>{size.rows} × {size.cols}</td>",
        f"<td>{row.units:,}</td>",
        bar(row.share, f"{row.named:,}"),
        bar(unlearned / row.units, f"{unlearned:,}"),
        bar(row.chance, f"{row.chance:.0%}"),
        f"<td>{row.concepts}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _matrix(rows: Sequence[LayerRow]) -> str:
    total = collections.Counter[str]()
    for row in rows:
        total.update(row.units_per_concept)
    if not total:
        return '<p class="note">No unit is named.</p>'
    concepts = [concept for concept, _ in total.most_common()]
    most = max(count for row in rows for count in row.units_per_concept.values())
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in concepts)
    lines = "".join(_counts(row, concepts, most) for row in rows)
    return (
        f'<div class="scroll"><table class="map"><thead><tr><td></td>{heads}</tr>'
        f"</thead><tbody>{lines}</tbody></table></div>"
    )


def _counts(row: LayerRow, concepts: Sequence[str], most: int) -> str:
    found = [row.units_per_concept.get(concept, 0) for concept in concepts]
    cells = "".join(
        heat_cell(count, most, text=str(count or ""), title="") for count in found
    )
    return f'<tr><th scope="row">{html.escape(row.layer)}</th>{cells}</tr>'
