"""Charts as HTML and SVG, in the colors of the page, so that both themes read well."""

import html
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_WIDTH, _HEIGHT, _MARGIN = 640, 340, 44


def bar(share: float, text: str) -> str:
    """Returns a table cell with a bar of a given share of its width, and a text."""
    width = 100 * min(max(share, 0.0), 1.0)
    return f'<td class="bar"><i style="width:{width:.1f}%"></i><b>{text}</b></td>'


def heat_cell(
    value: int | float, largest: int | float, *, text: str, title: str
) -> str:
    """Returns a table cell: orange for above, blue for below, clear for zero.

    Args:
        value: What to show.
        largest: Where the color is full.
        text: The value as the cell says it.
        title: HTML to show on hovering.
    """
    strength = min(1.0, abs(value) / largest) if largest else 0.0
    color = "--above" if value > 0 else "--below"
    return (
        f'<td class="heat" style="--strength:{strength:.3f};--tint:var({color})" '
        f'title="{title}"><span>{text}</span></td>'
    )


def ramp(index: int, total: int) -> str:
    """Returns the color of a layer: violet for the first, through red, to yellow."""
    place = index / max(1, total - 1)
    return f"hsl({(265 + 140 * place) % 360:.0f} 70% {48 + 4 * place:.0f}%)"


class Axis(NamedTuple):
    """What a chart shows from left to right.

    Attributes:
        text: Below the chart.
        ticks: Labels of two places or more, evenly spaced from end to end.
    """

    text: str
    ticks: tuple[str, ...]


PERCENT = ("0%", "25%", "50%", "75%", "100%")


def curves(
    lines: Mapping[str, Float[np.ndarray, " _point"]],
    *,
    axis: Axis,
    label: str,
    diagonal: bool = False,
) -> str:
    """Returns a line chart of shares, from 0 to 100 %.

    Args:
        lines: By name, shares at evenly spaced places from end to end.
        axis: Of those places.
        label: What the chart shows, for those who do not see it.
        diagonal: Whether to draw the line on which everything counts alike.
    """
    parts = [_axes(axis, diagonal)]
    for index, (name, shares) in enumerate(lines.items()):
        points = _points(np.linspace(0, 1, len(shares)), np.clip(shares, 0, 1))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke-width="2.5" '
            f'stroke="{ramp(index, len(lines))}"><title>{html.escape(name)}</title>'
            "</polyline>"
        )
    legend = "".join(
        f'<li><i style="background:{ramp(i, len(lines))}"></i>{html.escape(name)}</li>'
        for i, name in enumerate(lines)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{html.escape(label)}">'
        f'{"".join(parts)}</svg><ul class="legend">{legend}</ul>'
    )


def _points(x: Iterable[float], y: Iterable[float]) -> str:
    return " ".join(
        f"{_MARGIN + a * (_WIDTH - 2 * _MARGIN):.1f},"
        f"{_HEIGHT - _MARGIN - b * (_HEIGHT - 1.5 * _MARGIN):.1f}"
        for a, b in zip(x, y, strict=True)
    )


def _axes(axis: Axis, diagonal: bool) -> str:
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        across = _points([0.0, 1.0], [share, share])
        left, level = across.split(" ")[0].split(",")
        strong = ' class="strong"' if share in (0.0, 0.5) else ""
        parts.append(f'<polyline points="{across}"{strong} />')
        parts.append(
            f'<text x="{float(left) - 8:.1f}" y="{float(level) + 4:.1f}" '
            f'text-anchor="end">{share:.0%}</text>'
        )
    for place, tick in zip(
        np.linspace(0, 1, len(axis.ticks)).tolist(), axis.ticks, strict=True
    ):
        x, y = _points([place], [0.0]).split(",")
        parts.append(
            f'<text x="{x}" y="{float(y) + 18:.1f}" text-anchor="middle">{tick}</text>'
        )
    if diagonal:
        even = _points([0.0, 1.0], [0.0, 1.0])
        parts.append(f'<polyline points="{even}" class="even" />')
    parts.append(
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{html.escape(axis.text)}</text>"
    )
    return f'<g class="axes">{"".join(parts)}</g>'
