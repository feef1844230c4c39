"""Which classes share channels: similarities, and a heat map of each layer."""

import html
from collections.abc import Sequence

import numpy as np

from jgan.gan import Gan
from jgan.report.awareness.choose import names_of
from jgan.report.awareness.maps import (
    MOST_NAMED,
    grouped_channels,
    heat_map,
    square_map,
)
from jgan.report.awareness.numbers import structure_numbers
from jgan.report.awareness.structure import Structure
from jgan.report.chart import bar
from jgan.report.page import Files, Section, fold, try_it
from jgan.report.shown_classes import class_name

# Root mean squares of a layer at which a cell has its full color.
_LARGEST = 3.0
# Heights of a row with a name, in pixels.
_ROW, _SQUARE = 22, 34
_MOST_OPEN = 8
_HEADS = (
    "class",
    "most like",
    "correlation",
    "shared",
    "set apart most by",
    "contrast",
)
_KEY = (
    '<ul class="key"><li><i style="background:var(--above)"></i>{above}</li>'
    '<li><i style="background:var(--below)"></i>{below}</li><li>{full}</li></ul>'
)


def classes_section(files: Files, gan: Gan, found: Structure) -> Section:
    """Returns the section with one picture for each layer, and one of similarities."""
    order = found.similarity.order.tolist()
    layers = "".join(
        fold(
            name,
            f"{gan.layers[name].units:,} channels of {gan.layers[name].rows} × "
            f"{gan.layers[name].cols}",
            _layer(files, gan, found, name, order),
            is_open=len(found.contrast) <= _MOST_OPEN,
        )
        for name in found.contrast
    )
    code = """
similarity = awareness.class_similarity(contrast)
[gan.class_names[label] for label in similarity.order]
similarity.correlation[similarity.order][:, similarity.order]
"""
    body = (
        "<p>Awareness says how much of a channel a class lets through. Below is its "
        "contrast: how far that is above or below the mean over all classes.</p>"
        f"{_order_note(gan, order)}"
        "<h3>Which classes are alike</h3>"
        f"{_similarity(files, gan, found, order)}{_table(gan, found)}"
        "<h3>Channels by class</h3>"
        "<p>A row for each class, in the order of likeness, and a column for each "
        "channel. Channels are grouped by the class that they set apart most, the "
        "strongest first: what is on the diagonal is kept for one class, and what "
        "repeats in a column is shared.</p>"
        + _KEY.format(
            above="more than in other classes",
            below="less",
            full=f"full color at ±{_LARGEST:.0f} root mean squares of the layer",
        )
        + layers
        + files.numbers("classes", structure_numbers(gan, found))
        + try_it(code)
    )
    return Section("classes", "Classes and their channels", body)


def _order_note(gan: Gan, order: Sequence[int]) -> str:
    names = names_of(gan, order)
    if len(order) <= MOST_NAMED:
        return ""
    detail = f"{len(order):,} classes, alike ones together"
    shown = f'<p class="note">{html.escape(", ".join(names))}</p>'
    return fold("The order of the classes", detail, shown, is_open=False)


def _similarity(files: Files, gan: Gan, found: Structure, order: Sequence[int]) -> str:
    values = found.similarity.correlation[np.ix_(order, order)]
    picture = files.picture(
        "similarity",
        square_map(values),
        alt=f"Correlation of every two of {len(order):,} classes",
    )
    key = _KEY.format(
        above="alike", below="unlike", full="full color at a correlation of ±1"
    )
    note = (
        '<p class="note">Correlation of contrast over the channels of all layers. Rows '
        "from top to bottom and columns from left to right are the same classes, in "
        "the order of an average-linkage tree.</p>"
    )
    return key + _labeled(gan, order, picture, cell=_SQUARE, width=_SQUARE) + note


def _labeled(
    gan: Gan, order: Sequence[int], picture: str, *, cell: int, width: int = 0
) -> str:
    """Returns a picture with names beside its rows, if there are few."""
    if len(order) > MOST_NAMED:
        return picture
    names = "".join(f"<li>{html.escape(name)}</li>" for name in names_of(gan, order))
    # A square one is as wide as it is high, where there is room.
    room = f' style="max-width:{width * len(order)}px"' if width else ""
    return (
        f'<div class="labeled" style="--cell:{cell}px;--rows:{len(order)}">'
        f"<ol>{names}</ol>"
        f'<div class="crisp"{room}>{picture}</div></div>'
    )


def _layer(
    files: Files, gan: Gan, found: Structure, name: str, order: Sequence[int]
) -> str:
    values = found.contrast[name][order]
    picture = files.picture(
        f"contrast-{name}",
        heat_map(values[:, grouped_channels(values)], largest=_LARGEST, row=_ROW),
        alt=f"Contrast of {values.shape[1]:,} channels of {name} in "
        f"{len(order):,} classes",
    )
    return _labeled(gan, order, picture, cell=_ROW)


def _table(gan: Gan, found: Structure) -> str:
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    name = lambda label: html.escape(class_name(gan, label))
    lines = "".join(
        f'<tr><th scope="row">{name(one.label)}</th><td>{name(one.other)}</td>'
        f"{bar(one.correlation, f'{one.correlation:.2f}')}"
        f"{bar(one.shared, f'{one.shared:.0%}')}"
        f"<td>{html.escape(top.layer)} · {top.channel}</td>"
        f"<td>{top.contrast:.1f}</td></tr>"
        for one, top in zip(found.neighbors, found.top, strict=True)
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}'
        '</tbody></table></div><p class="note">Shared: of the tenth of the channels '
        "that serve either class most, those that are of both. Contrast: in root mean "
        "squares of the layer.</p>"
    )
