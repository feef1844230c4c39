"""What concepts lose without the units that draw them."""

import html
from collections.abc import Sequence

import numpy as np

from jgan.report.chart import Axis, curves
from jgan.report.dissection.causes import SHARE_OFF, ConceptCauses
from jgan.report.figures import strip, tile
from jgan.report.page import Files, Section, card

_ORDERS = {
    "effect": "by average causal effect",
    "IoU": "by IoU",
    "random": "in random order",
}


# Said where the segmenter gives scores.
_OF_ORDERS = (
    " Where the order of the average causal effect rises faster than that of IoU, "
    "overlap was not the whole story."
)
_OF_CELLS = (
    " “One cell”: rise of the probability of the concept at a cell of the layer that "
    "shows it, with these units off there alone, and at one that does not, with them "
    "set."
)


def causes_section(files: Files, told: Sequence[ConceptCauses]) -> Section:
    """Returns the section with the ablation curves and images of some concepts."""
    cards = "".join(_card(files, one) for one in told)
    layer = html.escape(told[0].layer)
    scored = any(one.effect is not None for one in told)
    body = (
        f"<p>Units of <em>{layer}</em> are turned off everywhere in the image, more "
        "and more of them, and the pixels that still show the concept are counted."
        f"{_OF_ORDERS if scored else ''}</p>"
        f'<p class="note">Pictures: above, the images with most of the concept; below, '
        f"the same without the first {SHARE_OFF:.0%} of the units. “Others”: share of "
        f"the other pixels that change their label.{_OF_CELLS if scored else ''}"
        f"{_lacking(told)}</p>"
        f'<div class="cards">{cards}</div>'
    )
    return Section("causes", "What units cause", body)


def _lacking(told: Sequence[ConceptCauses]) -> str:
    """Returns why units of some concepts are ordered by IoU, if they are."""
    names = [html.escape(one.concept) for one in told if one.effect is None]
    if not names:
        return ""
    return (
        f" Of {', '.join(names)} no effect was measured, and the first units are those "
        "of highest IoU: an effect takes a segmenter with scores, and images that show "
        "the concept and images with room for it."
    )


def _card(files: Files, one: ConceptCauses) -> str:
    first = next(iter(one.curves))
    last = int(one.curves[first].counts[-1])
    # Evenly spaced, and units are whole.
    parts = next(parts for parts in (4, 3, 5, 2, 1) if last % parts == 0)
    ticks = tuple(str(last // parts * part) for part in range(parts + 1))
    chart = curves(
        {
            _ORDERS[order]: np.nan_to_num(curve.removed)
            for order, curve in one.curves.items()
        },
        axis=Axis("units turned off", ticks),
        label=f"Share of {one.concept} pixels removed as units are turned off",
    )
    picture = files.picture(
        f"without-{one.concept}",
        strip([tile(x) for x in (*one.before, *one.after)], cols=len(one.before)),
        alt=f"Images before and after turning off the units of {one.concept}",
    )
    curve = one.curves[first]
    point = [*curve.counts].index(len(one.units))
    # Units were named on other images, and a rare concept may lack in these.
    removed = f"{curve.removed[point]:.0%}" if curve.pixels[0] else "none of 0 pixels"
    detail = (
        f"{len(one.units)} units remove {removed}, others {curve.disturbed[point]:.1%}"
    )
    if one.effect is not None:
        less = one.effect.off - one.effect.present
        more = one.effect.on - one.effect.candidate
        detail += f" · one cell off {less:+.2f}, set {more:+.2f}"
    numbers = files.numbers(f"causes-{one.concept}", _numbers(one))
    return card(
        html.escape(one.concept),
        detail,
        f'{picture}<div class="chart">{chart}</div>{numbers}',
    )


def _numbers(one: ConceptCauses) -> dict:
    return {
        "units": one.units,
        "effect": one.effect,
        "removed": {order: curve.removed for order, curve in one.curves.items()},
        "others_changed": {
            order: curve.disturbed for order, curve in one.curves.items()
        },
    }
