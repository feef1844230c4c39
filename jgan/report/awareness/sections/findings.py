"""What was found, in a few sentences."""

import html

import numpy as np

from jgan.gan import Gan
from jgan.report.awareness.edits import Edits
from jgan.report.awareness.numbers import Measured
from jgan.report.awareness.structure import Structure
from jgan.report.page import Section, loading, try_it
from jgan.report.shown_classes import class_name, shown_note

_MEASURED_NOTE = """
<p class="note">This generator hands its class to the first layer only. So there are no
class-conditional layers to read awareness off: estimator <em>empirical</em> measured
it, as the mean activation of each channel in images of each class. Hybrids, and the
share of each channel that follows the class rather than the latent, need such layers
and are left out.</p>
"""
_CHOSEN_NOTE = """
<p class="note">Awareness was measured, as the mean activation of each channel in images
of each class (estimator <em>empirical</em>).</p>
"""


def findings_section(
    gan: Gan, found: Structure, edits: Edits, measured: Measured | None
) -> Section:
    """Returns the section that says what was found first."""
    name = lambda label: f"<em>{html.escape(class_name(gan, label))}</em>"
    items = [_own_channel(edits, name), _alike(edits), *_classes(found, name)]
    if measured is not None:
        items.append(_performance(measured))
    if found.decomposition is not None:
        items.append(_shares(found))
    note = ""
    if found.estimator == "empirical":
        note = _CHOSEN_NOTE if gan.conditional_layers else _MEASURED_NOTE
    code = f"""
import jax, jgan
from jgan import awareness
{loading(gan)}
values = awareness.channel_awareness(
    gan, estimator={found.estimator!r}, num_latents={found.num_latents},
    key=jax.random.key(0),
)
contrast = awareness.contrast(values)
"""
    listed = "".join(f"<li>{item}</li>" for item in items)
    body = (
        f'<ul class="findings">{listed}</ul>{note}{shown_note(gan, found.chosen)}'
        f"{try_it(code)}"
    )
    return Section("findings", "In short", body)


def levels(effect: float) -> str:
    """Returns a change of an image, which is in [-1, 1], in levels of 255."""
    return f"{127.5 * effect:.1f}"


def _own_channel(edits: Edits, name) -> str:
    sheet = max(
        edits.of_classes,
        key=lambda one: _owned(edits, one) - float(one.effect.mean()),
    )
    return (
        f'<a href="#edits">One class needs it</a>: without channel {sheet.channel} of '
        f"{html.escape(edits.layer)}, images of {name(sheet.of_classes[0])} change by "
        f"{levels(_owned(edits, sheet))} of 255 levels; the mean of the classes shown "
        f"is {levels(float(sheet.effect.mean()))}."
    )


def _owned(edits: Edits, sheet) -> float:
    return float(sheet.effect[edits.chosen.index(sheet.of_classes[0])])


def _alike(edits: Edits) -> str:
    sheet = edits.alike[0]
    return (
        f'<a href="#edits">All classes obey it</a>: channel {sheet.channel} of '
        f"{html.escape(edits.layer)}, added, changes every class shown by "
        f"{levels(float(sheet.effect.min()))} to {levels(float(sheet.effect.max()))} "
        f"levels, and {sheet.alike:.0%} alike."
    )


def _classes(found: Structure, name) -> list[str]:
    near = max(found.neighbors, key=lambda one: one.correlation)
    total = found.total
    high, low = int(total.argmax()), int(total.argmin())
    return [
        f'<a href="#classes">Most alike</a> of the classes shown and their neighbors '
        f"are {name(near.label)} and {name(near.other)}: what sets them apart from the "
        f"others correlates by {near.correlation:.2f}, and of the tenth of the "
        f"channels that serve each most they share {near.shared:.0%}.",
        f'<a href="#totals">Total awareness</a> is highest in {name(high)} '
        f"({total[high]:.4g}) and lowest in {name(low)} ({total[low]:.4g}).",
    ]


def _performance(measured: Measured) -> str:
    one = measured.correlations["frechet_distance"]
    low, high = one.pearson_interval
    if not np.isfinite([one.pearson, low, high]).all():
        return "Total awareness or the Fréchet distance does not vary between classes."
    told = "includes" if low <= 0 <= high else "excludes"
    return (
        f'<a href="#totals">Total awareness against the Fréchet distance</a> of the '
        f"classes: Pearson {one.pearson:.2f}, 95 % interval [{low:.2f}, {high:.2f}], "
        f"which {told} 0."
    )


def _shares(found: Structure) -> str:
    told = found.decomposition or {}
    shares = np.concatenate([one.class_share for one in told.values()])
    known = shares[np.isfinite(shares)]
    if not known.size:
        return "No channel's awareness varies, neither with the class nor the latent."
    return (
        f'<a href="#method">The class decides</a> more than the latent in '
        f"{float((known > 0.5).mean()):.0%} of the channels: of the awareness of a "
        "channel, not of what it draws where."
    )
