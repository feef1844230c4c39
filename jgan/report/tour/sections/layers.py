"""The layers side by side."""

import html
from collections.abc import Mapping, Sequence

import numpy as np

from jgan.gan import Gan
from jgan.report.chart import PERCENT, Axis, bar, curves
from jgan.report.page import Files, Section, try_it
from jgan.report.tour.ablate import LayerEffects
from jgan.report.tour.measure import LayerRow, cumulative_share

_HEADS = (
    "layer",
    "map",
    "units",
    "pixels on",
    "variance between images",
    "units zeroed",
    "mean change",
    "strongest unit",
    "units for half of the change",
    "image covered by a change",
)


def layers_section(
    files: Files,
    gan: Gan,
    rows: Sequence[LayerRow],
    effects: Mapping[str, LayerEffects],
    *,
    num_images: int,
) -> Section:
    """Returns the section that compares the layers, first to last."""
    mean = max(row.change for row in rows) or 1.0
    strongest = max(row.strongest_change for row in rows) or 1.0
    lines = "".join(_line(row, mean, strongest) for row in rows)
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    chart = curves(
        {
            name: np.concatenate([[0.0], cumulative_share(effect.change)])
            for name, effect in effects.items()
        },
        axis=Axis("share of the units zeroed, strongest first", PERCENT),
        label="How the change adds up over the units of each layer",
        diagonal=True,
    )
    code = f"""
from jgan import stats
empty = {{
    name: {{"units": stats.zero_statistics(layer.units)}}
    for name, layer in gan.layers.items()
}}
key = jax.random.key(0)
stats.collect(gan, empty, num_images={num_images}, batch_size=16, key=key)
"""
    body = (
        f"<p>{_summary(rows)} Where few units make half of the change, single edits "
        "are worth trying.</p>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}'
        "</tbody></table></div>"
        '<p class="note">Changes are mean absolute changes of a pixel in levels of 255 '
        "when one unit is zeroed, over the units that were zeroed. “Variance between "
        "images”: the share of a unit’s variance that whole images differ by; the rest "
        "is between the pixels of an image. “Covered”: 100% if all pixels change "
        "alike, 10% if all change is in a tenth of them (participation ratio).</p>"
        "<h3>How many units carry the change</h3>"
        "<p>Units of each layer from the strongest to the weakest. The faster a curve "
        "rises, the fewer units carry the layer; on the dashed line all would matter "
        f'alike.</p><div class="chart">{chart}</div>'
        f"{files.numbers('layers', list(rows))}{try_it(code)}"
    )
    return Section("layers", "The layers compared", body)


def _summary(rows: Sequence[LayerRow]) -> str:
    changing = [row for row in rows if row.change > 0]
    if not changing:
        return "No unit that was zeroed changes the image at all."
    name = lambda row: f"<em>{html.escape(row.layer)}</em>"
    most = max(changing, key=lambda row: row.change)
    local = min(changing, key=lambda row: row.spread)
    wide = max(changing, key=lambda row: row.spread)
    return (
        f"A unit of {name(most)} changes the image most, on average. Changes are most "
        f"local in {name(local)} and widest in {name(wide)}."
    )


def _line(row: LayerRow, mean: float, strongest: float) -> str:
    cells = [
        f'<th scope="row">{html.escape(row.layer)}</th>',
        f"<td>{row.rows} × {row.cols}</td>",
        f"<td>{row.units:,}</td>",
        bar(row.active_fraction, f"{row.active_fraction:.0%}"),
        bar(row.variable_fraction, f"{row.variable_fraction:.0%}"),
        f"<td>{row.ablated:,}</td>",
        bar(row.change / mean, f"{row.change:.2f}"),
        bar(row.strongest_change / strongest, f"{row.strongest_change:.1f}"),
        bar(row.half_share, f"{row.half_share:.0%}"),
        bar(row.spread, f"{row.spread:.0%}"),
    ]
    return f"<tr>{''.join(cells)}</tr>"
