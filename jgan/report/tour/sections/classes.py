"""Which channels make the classes."""

import html

import numpy as np
from jaxtyping import UInt8

from jgan.gan import Gan
from jgan.report.chart import heat_cell
from jgan.report.figures import spotlights, strip
from jgan.report.page import Files, Section, card, fold, try_it
from jgan.report.shown_classes import class_name, shown_note
from jgan.report.tour.classes import Classes, ClassLayer
from jgan.report.tour.observe import Maps

_MOST_OPEN = 6
_ANALYTIC = """
<p>A class speaks to the generator by scaling and shifting each channel before a ReLU.
From those two factors alone follows how much of the channel the class lets through: its
<em>channel awareness</em>. The maps show awareness above (orange) or below (blue) its
mean over all classes, so a strong orange cell is a channel kept for that class.</p>
<p class="note">Awareness is computed, without making an image, as the mean of a
rectified normal variable: a jgan reconstruction, as He et al. (2022) give no formula. 1
is the root mean square of the layer.</p>
"""
_MEASURED = """
<p>This generator hands its class to the first layer only, so there are no
class-conditional factors to read channel awareness off. The measured counterpart: the
same random vectors with each class in turn, and how far the mean activation of a unit
rises above (orange) or falls below (blue) its mean over the classes.</p>
<p class="note">Measured on {num} images of each class. 1 is the root mean square of the
layer, so layers can be compared.</p>
"""


def no_classes_section(num_classes: int) -> Section:
    """Returns the section for a generator with fewer than two classes."""
    count = "one class" if num_classes else "no classes"
    return Section(
        "classes",
        "Classes and channels",
        f"<p>This generator has {count}, so there is nothing to compare here.</p>",
    )


def classes_section(
    files: Files,
    gan: Gan,
    classes: Classes,
    images: UInt8[np.ndarray, "image row col 3"],
    maps: Maps,
) -> Section:
    """Returns the section with the most class-specific channels.

    Args:
        files: Where pictures go.
        gan: The generator.
        classes: What is known of them.
        images: The same number for each class shown, class by class.
        maps: Of each class's top channel, in some images of the class.
    """
    per_class = len(images) // len(classes.shown)
    largest = max(float(np.abs(c.contrast).max()) for c in classes.layers.values())
    heat = "".join(
        fold(
            name,
            f"{len(layer.channels)} of {gan.layers[name].units:,} channels",
            _table(gan, classes, layer, largest),
            is_open=len(classes.layers) <= _MOST_OPEN
            or position >= len(classes.layers) - 2,
        )
        for position, (name, layer) in enumerate(classes.layers.items())
    )
    key = (
        '<ul class="key"><li><i style="background:var(--above)"></i>more than other '
        'classes</li><li><i style="background:var(--below)"></i>less</li>'
        f"<li>full color at ±{largest:.1f}, in all layers</li></ul>"
    )
    intro = _ANALYTIC if classes.method == "analytic" else _MEASURED
    body = (
        intro.format(num=per_class)
        + shown_note(gan, classes.shown)
        + "<h3>The channel that sets each class apart most</h3>"
        + f'<div class="cards">{_top_cards(files, gan, classes, images, maps)}</div>'
        + "<h3>The most class-specific channels of each layer</h3>"
        + "<p>Columns are channels, by number: the two strongest of each class, in the "
        "order of the classes. A diagonal means that classes keep channels to "
        "themselves; columns with several orange cells are shared.</p>"
        + key
        + heat
        + files.numbers("classes", classes)
        + try_it(_code(classes))
    )
    return Section("classes", "Classes and channels", body)


def _table(gan: Gan, classes: Classes, layer: ClassLayer, largest: float) -> str:
    head = "".join(f'<th scope="col">{channel}</th>' for channel in layer.channels)
    lines = []
    for label, values in zip(classes.shown, layer.contrast, strict=True):
        name = html.escape(class_name(gan, label))
        cells = "".join(
            heat_cell(
                float(v),
                largest,
                # The sum spares a rounded zero its sign.
                text=f"{round(float(v), 1) + 0.0:.1f}",
                title=f"{name}, channel {channel}",
            )
            for v, channel in zip(values, layer.channels, strict=True)
        )
        lines.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table class="map"><thead><tr><th></th>{head}</tr>'
        f"</thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _top_cards(files: Files, gan: Gan, classes: Classes, images, maps) -> str:
    cards = []
    for top in classes.top:
        here = {
            i: m for (n, u, i), m in maps.items() if (n, u) == (top.layer, top.unit)
        }
        per_class = len(images) // len(classes.shown)
        first = classes.shown.index(top.class_label) * per_class
        own = {i: m for i, m in here.items() if first <= i < first + per_class}
        tiles = spotlights([images[i] for i in own], list(own.values()))
        name = html.escape(class_name(gan, top.class_label))
        picture = files.picture(
            f"class-{top.class_label}",
            strip(tiles, cols=len(tiles)),
            alt=f"Where unit {top.unit} of {top.layer} fires in images of {name}",
        )
        detail = f"{html.escape(top.layer)} · unit {top.unit} · +{top.contrast:.1f}"
        cards.append(card(name, detail, picture))
    return "".join(cards)


def _code(classes: Classes) -> str:
    top = classes.top[0]
    if classes.method == "analytic":
        return f"""
from jgan import awareness
values = awareness.analytic_awareness(gan, num_latents=64, key=jax.random.key(0))
awareness.contrast(values)[{top.layer!r}][{top.class_label}].argsort()[::-1]
"""
    return f"""
draw = lambda label: gan.sample_latents(16, class_label=label, key=jax.random.key(0))
taps = [jax.jit(gan.forward)(gan.params, draw(c))[1] for c in range(gan.num_classes)]
by_class = [tap[{top.layer!r}].mean(axis=(0, 1, 2)) for tap in taps]
"""
