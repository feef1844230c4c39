"""Total awareness of each class, beside how good the class is."""

import html
from collections.abc import Sequence

import numpy as np

from jgan import awareness
from jgan.gan import Gan
from jgan.report.awareness.numbers import Measured, total_numbers
from jgan.report.awareness.structure import Structure
from jgan.report.chart import bar, scatter
from jgan.report.page import Files, Section, card, try_it
from jgan.report.shown_classes import class_name

_NAMES = {
    "frechet_distance": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "diversity": "diversity",
}
# More are not read; the rest is in the numbers.
_MOST_LISTED = 40
# Of a cell, the share of the longest bar: beyond that bars are cut.
_FULL = 0.85
_UNKNOWN = """
<p class="note">There is no scatter against the quality of the classes: that takes real
images of each, and jgan knows those of the scenes world alone.</p>
"""


def totals_section(
    files: Files, gan: Gan, found: Structure, measured: Measured | None
) -> Section:
    """Returns the section with total awareness, and scatters where quality is known."""
    order = np.argsort(-found.total, kind="stable").tolist()
    code = "awareness.total_awareness(values)"
    body = (
        "<p>The awareness of all channels of all layers together: a class of high "
        "total lets more of the generator through.</p>"
        + (_UNKNOWN if measured is None else _scatters(gan, found, measured))
        + _table(gan, found, measured, order)
        + files.numbers("totals", total_numbers(found, measured))
        + try_it(code)
    )
    title = "Total awareness" + ("" if measured is None else " and performance")
    return Section("totals", title, body)


def _scatters(gan: Gan, found: Structure, measured: Measured) -> str:
    figures = measured.performance._asdict()
    cards = "".join(
        card(
            _NAMES[name].capitalize(),
            _said(measured.correlations[name]),
            scatter(
                _points(gan, found, values),
                across="total awareness",
                up=_NAMES[name],
                label=f"Total awareness and {_NAMES[name]} of "
                f"{gan.num_classes} classes",
            ),
        )
        for name, values in figures.items()
    )
    return (
        f'<div class="cards">{cards}</div>'
        f'<p class="note">Generated images of each class against rendered ones of it, '
        "by the features of the scenes network. A low Fréchet distance and a high "
        "precision are good quality; recall and diversity tell variety. r: Pearson’s "
        "correlation over the classes, with a 95 % interval from classes drawn anew. "
        "With eight classes, one below 0.7 is not told from none. He et al. (2022) "
        "report high quality and low diversity where total awareness is high.</p>"
    )


def _said(one: awareness.Correlation) -> str:
    low, high = one.pearson_interval
    if not np.isfinite([one.pearson, low, high]).all():
        return "one of the two does not vary"
    return f"r {one.pearson:.2f} [{low:.2f}, {high:.2f}]"


def _points(
    gan: Gan, found: Structure, values: np.ndarray
) -> list[tuple[str, float, float]]:
    return [
        (class_name(gan, label), float(found.total[label]), float(values[label]))
        for label in range(gan.num_classes)
    ]


def _table(
    gan: Gan, found: Structure, measured: Measured | None, order: Sequence[int]
) -> str:
    figures = {} if measured is None else measured.performance._asdict()
    longest = (float(np.abs(found.total).max()) or 1.0) / _FULL
    heads = ("class", "total awareness", *(_NAMES[name] for name in figures))
    listed, note = order, ""
    if len(order) > _MOST_LISTED:
        listed = [*order[: _MOST_LISTED // 2], *order[-_MOST_LISTED // 2 :]]
        note = (
            f'<p class="note">The {_MOST_LISTED // 2} highest and the '
            f"{_MOST_LISTED // 2} lowest of {len(order):,} classes.</p>"
        )
    lines = "".join(
        f'<tr><th scope="row">{html.escape(class_name(gan, label))}</th>'
        f"{bar(found.total[label] / longest, f'{found.total[label]:.4g}')}"
        + "".join(f"<td>{values[label]:.3g}</td>" for values in figures.values())
        + "</tr>"
        for label in listed
    )
    cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
    return (
        f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{lines}'
        f"</tbody></table></div>{note}"
    )
