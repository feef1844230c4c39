"""Which grounds accept a concept."""

import html
from collections.abc import Sequence

import numpy as np

from jgan.report.chart import bar
from jgan.report.dissection.causes import ConceptCauses
from jgan.report.page import Files, Section

# Fewer tries than this say little.
_LEAST_TRIED = 10


def contexts_section(
    files: Files, told: Sequence[ConceptCauses], concepts: tuple[str, ...]
) -> Section:
    """Returns the section with what insertion does on each ground."""
    shown = [one for one in told if one.context is not None]
    tables = "".join(_table(one, concepts) for one in shown)
    numbers = {one.concept: one.context for one in shown}
    body = (
        "<p>The units that cause a concept are set, at one cell of the layer, to the "
        "level they have where it is. Does it appear? That depends on the ground: a "
        "generator refuses doors in the sky.</p>"
        '<p class="note">Rise of the probability of the concept at the place, by what '
        f"was there before; grounds tried {_LEAST_TRIED} times or more.</p>"
        f'<div class="cards">{tables}</div>{files.numbers("contexts", numbers)}'
    )
    return Section("contexts", "Where a concept can be inserted", body)


def _table(one: ConceptCauses, concepts: tuple[str, ...]) -> str:
    if one.context is None:
        return ""
    effect, counts = one.context
    order = np.argsort(-np.nan_to_num(effect, nan=-np.inf), kind="stable")
    rows = "".join(
        f'<tr><th scope="row">{html.escape(concepts[ground])}</th>'
        f"{bar(float(effect[ground]), f'{effect[ground]:+.2f}')}"
        f"<td>{counts[ground]:,}</td></tr>"
        for ground in order.tolist()
        if counts[ground] >= _LEAST_TRIED
    )
    return (
        f'<figure class="card"><figcaption><b>{html.escape(one.concept)}</b>'
        f"<span>{len(one.units)} units of {html.escape(one.layer)}</span></figcaption>"
        '<table><thead><tr><th scope="col">ground</th><th scope="col">rise</th>'
        f'<th scope="col">tried</th></tr></thead><tbody>{rows}</tbody></table></figure>'
    )
