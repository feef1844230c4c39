"""Charts as HTML and SVG, in the colors of the page, so that both themes read well."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

_WIDTH, _HEIGHT, _MARGIN = 640, 340, 44
# Of a scatter, which is read on a phone too: letters keep their size there.
_SIDE, _LOW, _EDGE, _LETTER = 420, 300, 48, 13


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


def scatter(
    points: Sequence[tuple[str, float, float]],
    *,
    across: str,
    up: str,
    label: str,
) -> str:
    """Returns a chart of named points.

    Args:
        points: Name and place of each; names may repeat.
        across: What grows from left to right.
        up: What grows from below.
        label: What the chart shows, for those who do not see it.
    """
    x_ticks, x_place = _scale([x for _, x, _ in points], _EDGE, _SIDE - 16)
    y_ticks, y_place = _scale([y for _, _, y in points], _LOW - _EDGE, 24)
    parts = [
        f'<text x="{_EDGE}" y="12">{html.escape(up)}</text>',
        f'<text x="{_SIDE - 16}" y="{_LOW - 8}" text-anchor="end">'
        f"{html.escape(across)}</text>",
    ]
    for tick in x_ticks:
        parts.append(
            f'<text x="{x_place(tick):.1f}" y="{_LOW - _EDGE + 18}" '
            f'text-anchor="middle">{tick:.4g}</text>'
        )
    for tick in y_ticks:
        y = y_place(tick)
        parts.append(
            f'<polyline points="{_EDGE},{y:.1f} {_SIDE - 16},{y:.1f}" />'
            f'<text x="{_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.3g}</text>'
        )
    return (
        f'<svg class="scatter" viewBox="0 0 {_SIDE} {_LOW}" role="img" '
        f'aria-label="{html.escape(label)}"><g class="axes">{"".join(parts)}</g>'
        f"{_marks([(name, x_place(x), y_place(y)) for name, x, y in points])}</svg>"
    )


def _scale(values: Sequence[float], start: int, end: int):
    """Returns three ticks, and what places a value between two ends."""
    low, high = min(values), max(values)
    # Of one value alone, any width does.
    room = 0.08 * (high - low) or max(abs(high), 1.0) * 0.1
    low, high = low - room, high + room
    place = lambda value: start + (value - low) / (high - low) * (end - start)
    return [low + share * (high - low) for share in (0.1, 0.5, 0.9)], place


def _marks(places: Sequence[tuple[str, float, float]]) -> str:
    taken = [(x - 6, y - 6, x + 6, y + 6) for _, x, y in places]
    parts = []
    for name, x, y in sorted(places, key=lambda one: one[2]):
        spots = _spots(x, y, 0.6 * _LETTER * len(name))
        # Where all are taken, the first is as good as any.
        box, anchor = next(
            (one for one in spots if not any(_meet(one[0], other) for other in taken)),
            spots[0],
        )
        taken.append(box)
        at = box[0] if anchor == "start" else box[2]
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" />'
            f'<text x="{at:.1f}" y="{box[3] - 3:.1f}" text-anchor="{anchor}">'
            f"{html.escape(name)}</text>"
        )
    return f"<g>{''.join(parts)}</g>"


def _spots(x: float, y: float, width: float):
    """Returns boxes for a name beside a point, the best first, and what they end at."""
    right = x + width > _SIDE - 16
    half = _LETTER / 2
    boxes = {
        "start": (x + 9, y - half, x + 9 + width, y + half),
        "end": (x - 9 - width, y - half, x - 9, y + half),
    }
    sides = ("end", "start") if right or x > 0.6 * _SIDE else ("start", "end")
    return [
        ((left, top + down, end, bottom + down), side)
        for down in (0, _LETTER, -_LETTER, 2 * _LETTER, -2 * _LETTER, 3 * _LETTER)
        for side in sides
        for left, top, end, bottom in [boxes[side]]
        if left > 0 and end < _SIDE
    ] or [(boxes["start"], "start")]


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    across = one[0] < other[2] and one[2] > other[0]
    return across and one[1] < other[3] and one[3] > other[1]
